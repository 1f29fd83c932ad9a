from synthfib.errors import EngineError, InputError, MissingDependencyError, RecipeError, SynthfibError, UnknownNameError


def test_an_unknown_name_lists_near_matches() -> None:
    error = UnknownNameError("model", "kmeens", ["otsu", "kmeans", "unet"])
    assert str(error) == "Unknown model 'kmeens': did you mean kmeans?"


def test_an_unknown_name_without_near_match_lists_what_is_known() -> None:
    assert str(UnknownNameError("model", "zzz", ["otsu", "unet"])) == "Unknown model 'zzz': known: otsu, unet."


def test_the_tree_and_its_exit_codes() -> None:
    assert issubclass(RecipeError, InputError)
    assert issubclass(InputError, ValueError)
    assert issubclass(EngineError, SynthfibError)
    assert InputError("x").exit_code == 2
    assert MissingDependencyError("x").exit_code == 3
