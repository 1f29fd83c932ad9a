"""Names of segmenters."""

from synthfib.registry import Registry

SEGMENTERS = Registry(
    kind="model",
    group="synthfib.segmenters",
    builtin={
        "otsu": "synthfib.segmentation.otsu:Otsu",
        "kmeans": "synthfib.segmentation.kmeans:KMeans",
        "unet": "synthfib.segmentation.unet:UNet",
    },
)
