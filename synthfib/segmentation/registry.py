"""Names of segmenters."""

from synthfib.registry import Registry

SEGMENTERS = Registry(
    kind="model",
    group="synthfib.segmenters",
    builtin={
        "otsu": "synthfib.segmentation.otsu:Otsu",
        "kmeans": "synthfib.segmentation.kmeans:KMeans",
        "adaptive-threshold": "synthfib.segmentation.adaptive_threshold:AdaptiveThreshold",
        "watershed": "synthfib.segmentation.watershed:Watershed",
        "unet": "synthfib.segmentation.unet:UNet",
    },
)
