"""Find, validate and list the YAML recipes of materials, microscopes and corpora."""

from synthfib.catalogue.finding import Listing as Listing
from synthfib.catalogue.finding import catalogue_root as catalogue_root
from synthfib.catalogue.finding import corpus_words as corpus_words
from synthfib.catalogue.finding import list_recipes as list_recipes
from synthfib.catalogue.finding import load_corpus as load_corpus
from synthfib.catalogue.finding import load_material as load_material
from synthfib.catalogue.finding import load_microscope as load_microscope
from synthfib.catalogue.finding import recipe_text as recipe_text
from synthfib.catalogue.json_schema import json_schema as json_schema
from synthfib.catalogue.recipes import CorpusRecipe as CorpusRecipe
from synthfib.catalogue.recipes import Kind as Kind
from synthfib.catalogue.recipes import MaterialRecipe as MaterialRecipe
from synthfib.catalogue.recipes import MicroscopeRecipe as MicroscopeRecipe
from synthfib.catalogue.recipes import MillingFaultsRecipe as MillingFaultsRecipe
from synthfib.catalogue.recipes import PhaseNames as PhaseNames
from synthfib.catalogue.recipes import PositionMeasurementRecipe as PositionMeasurementRecipe
from synthfib.catalogue.recipes import SliceThicknessRecipe as SliceThicknessRecipe
from synthfib.catalogue.recipes import SmallSizes as SmallSizes
from synthfib.catalogue.recipes import SplitSizes as SplitSizes
from synthfib.catalogue.recipes import small_edition as small_edition
from synthfib.catalogue.structures import LeveledWaveRecipe as LeveledWaveRecipe
from synthfib.catalogue.structures import Structure as Structure
from synthfib.catalogue.structures import StructureRecipe as StructureRecipe
from synthfib.catalogue.yaml_dumping import dump_recipe as dump_recipe
