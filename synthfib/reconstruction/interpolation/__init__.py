"""What lies between the faces: the gaps of a repositioned stack, filled plane by plane."""

from synthfib.reconstruction.interpolation.base import Faces, ImageInterpolator, Interpolator, bracket, interpolate, whole_planes
from synthfib.reconstruction.interpolation.face_images import FaceImages
from synthfib.reconstruction.interpolation.registry import INTERPOLATORS

__all__ = ["INTERPOLATORS", "FaceImages", "Faces", "ImageInterpolator", "Interpolator", "bracket", "interpolate", "whole_planes"]
