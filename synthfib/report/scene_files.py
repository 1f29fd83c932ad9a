"""Scenes as files that other programs open: GLB, and a page that turns the block in any browser, without a network."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from synthfib._optional import require
from synthfib.data.atomic import atomic_path, write_text
from synthfib.report.scene import Body, Picture, Scene

_METALLIC, _ROUGHNESS = 0.2, 0.45
# Distance of the camera, in diagonals of the block.
_DISTANCE = 1.0
_FIELD_DEG = (50, 50)
# The viewer of trimesh has one lamp and no colour management: pores would be black and greys too dark.
_TITLE = "<title>trimesh: threejs viewer</title>"
_RENDERER = "renderer=new THREE.WebGLRenderer({antialias:true});"
_LIGHT = "renderer.outputEncoding=THREE.sRGBEncoding;tracklight.intensity=1.2;scene.add(new THREE.AmbientLight(0xffffff,0.3));"


def write_glb(path: Path, scene: Scene, *, angle_deg: tuple[float, float]) -> None:
    """Write a scene as binary glTF; a unit of length is a nanometre.

    Parameters
    ----------
    path : Path
        File to write.
    scene : Scene
        What to show.
    angle_deg : tuple of float
        How far the camera stands to the right of the exposed face and above it, in degrees.

    Raises
    ------
    MissingDependencyError
        If trimesh is not installed.
    """
    data: bytes = _trimesh_scene(scene, angle_deg).export(file_type="glb")
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_html(path: Path, scene: Scene, *, angle_deg: tuple[float, float]) -> None:
    """Write a page with the scene and the viewer that trimesh brings along; takes and raises what `write_glb` does."""
    viewer = require("trimesh.viewer", attribute="scene_to_html", extra="view")
    page: str = viewer.scene_to_html(_trimesh_scene(scene, angle_deg))
    title = escape(scene.title.replace("\n", ": "))
    write_text(path, page.replace(_TITLE, f"<title>{title}</title>").replace(_RENDERER, _RENDERER + _LIGHT))


def _trimesh_scene(scene: Scene, angle_deg: tuple[float, float]) -> Any:
    trimesh = require("trimesh", attribute="Scene", extra="view")
    meshes = {body.name: _body(trimesh, body) for body in scene.bodies} | {picture.name: _plane(trimesh, picture) for picture in scene.pictures}
    azimuth, elevation = np.radians(angle_deg)
    distance = _DISTANCE * float(np.hypot.reduce(scene.box_nm))
    camera = trimesh.scene.Camera(name="camera", fov=_FIELD_DEG, z_near=distance / 50, z_far=distance * 50)
    whole = trimesh.Scene(meshes, camera=camera)
    whole.set_camera(angles=(-elevation, azimuth, 0), distance=distance, fov=_FIELD_DEG)
    return whole


def _body(trimesh: Any, body: Body) -> Any:
    srgb = np.array([int(body.colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)  # glTF wants light, not display values
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[*linear, 1.0], metallicFactor=_METALLIC, roughnessFactor=_ROUGHNESS)
    surface = body.surface
    return trimesh.Trimesh(
        surface.vertices_nm,
        surface.triangles,
        vertex_normals=surface.normals,
        visual=trimesh.visual.TextureVisuals(material=material),
        process=False,
    )


def _plane(trimesh: Any, picture: Picture) -> Any:
    from PIL import Image

    texture = Image.fromarray(picture.greys).convert("RGB")
    # A picture shines by itself, so that its greys do not depend on the light.
    material = trimesh.visual.material.PBRMaterial(
        baseColorFactor=[0, 0, 0, 255], metallicFactor=0.0, roughnessFactor=1.0, emissiveTexture=texture, emissiveFactor=[1, 1, 1], doubleSided=True
    )
    corners = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float64)
    triangles = np.array([[0, 2, 1], [0, 3, 2]])
    return trimesh.Trimesh(picture.corners_nm, triangles, visual=trimesh.visual.TextureVisuals(uv=corners, material=material), process=False)
