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
        "random-forest": "synthfib.segmentation.random_forest:RandomForest",
        "post-processed": "synthfib.segmentation.post_processed:PostProcessed",
        "unet": "synthfib.segmentation.unet:UNet",
        "residual-unet": "synthfib.segmentation.unet:ResidualUNet",
        "resnet18-unet": "synthfib.segmentation.unet:ResNet18UNet",
        "unet-3d": "synthfib.segmentation.unet_3d:UNet3D",
        "residual-unet-3d": "synthfib.segmentation.unet_3d:ResidualUNet3D",
        "vnet": "synthfib.segmentation.unet_3d:VNet",
        "resnet18-unet-3d": "synthfib.segmentation.unet_3d:ResNet18UNet3D",
        "fusion-early": "synthfib.segmentation.fusion:EarlyFusion",
        "fusion-intermediate": "synthfib.segmentation.fusion:IntermediateFusion",
        "fusion-late": "synthfib.segmentation.fusion:LateFusion",
        "voting": "synthfib.segmentation.fusion:VotingFusion",
        "2dcnn": "synthfib.segmentation.sliding_window:CNN2D",
        "mv2dcnn": "synthfib.segmentation.sliding_window:MeanCNN2D",
        "triplanar": "synthfib.segmentation.sliding_window:Triplanar",
        "multichannel": "synthfib.segmentation.sliding_window:Multichannel",
        "3dcnn": "synthfib.segmentation.sliding_window:CNN3D",
        "1dcnn": "synthfib.segmentation.sliding_window:CNN1D",
    },
)
