from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prompting.sight import LOOKS, look
from workbench.domain.brief import Brief, Colour, Facet, Finding, Look
from workbench.domain.errors import RequestError
from workbench.prompting.brief import conflicts_in_words, merge, resolve, seen_in

A, B, C = (letter * 64 for letter in "abc")


def test_what_agrees_is_kept_once_with_both_sources() -> None:
    brief = merge([look("a", light="soft morning light"), look("b", light="soft, warm morning light")])
    assert brief.findings[Facet.LIGHT] == (Finding("soft, warm morning light", (A, B)),)
    assert brief.conflicts == ()


def test_what_differs_stands_side_by_side_with_its_source() -> None:
    brief = merge([look("a", setting="a beach at dawn"), look("b", setting="a beach at night")])
    assert brief.findings[Facet.SETTING] == (
        Finding("a beach at dawn", (A,)),
        Finding("a beach at night", (B,)),
    )
    assert brief.conflicts == (Facet.SETTING,)
    assert conflicts_in_words(brief) == (
        "Setting: “a beach at dawn” (image 1); “a beach at night” (image 2).",
    )


def test_what_most_files_say_goes_first() -> None:
    brief = merge([look("a", style="anime"), look("b", style="film noir"), look("c", style="Film noir")])
    (first, second) = brief.findings[Facet.STYLE]
    assert (first.sources, second.sources) == ((B, C), (A,))
    assert seen_in(brief, first) == "images 2 and 3"
    assert seen_in(brief, Finding("x")) == "written by hand"


def test_answers_that_may_stand_side_by_side_are_no_conflict() -> None:
    brief = merge(
        [look("a", subject=["a gold ring", "a red box"]), look("b", subject=["a gold ring on a hand"])]
    )
    assert brief.texts(Facet.SUBJECT) == ("a gold ring on a hand", "a red box")
    assert brief.conflicts == ()


def test_a_short_answer_supports_every_fuller_one() -> None:
    brief = merge(
        [
            look("a", light="soft window light"),
            look("b", light="soft morning light"),
            look("c", light="soft light"),
        ]
    )
    assert brief.findings[Facet.LIGHT] == (
        Finding("soft window light", (A, C)),
        Finding("soft morning light", (B, C)),
    )


def test_words_in_the_picture_are_the_same_or_others() -> None:
    brief = merge([look("a", text=["ACME"]), look("b", text=["ACME 12"]), look("c", text=["ACME"])])
    assert brief.findings[Facet.TEXT] == (Finding("ACME", (A, C)), Finding("ACME 12", (B,)))


def test_two_models_on_one_file_are_one_source_and_one_palette() -> None:
    palette = (Colour("#102040", 0.5, "navy"),)
    brief = merge(
        [look("a", "x/eye", palette, light="soft"), look("a", "local/measure", palette, light="soft light")]
    )
    assert (brief.references, brief.models) == ((A,), ("x/eye", "local/measure"))
    assert brief.findings[Facet.LIGHT] == (Finding("soft light", (A,)),)
    assert brief.palette == palette


def test_nothing_seen_is_an_empty_brief() -> None:
    assert merge([]) == Brief()


def _content(brief: Brief) -> object:
    """Everything but the order."""
    findings = {
        facet: {(one.text, frozenset(one.sources)) for one in found}
        for facet, found in brief.findings.items()
    }
    return findings, brief.palette, set(brief.unseen), set(brief.references), set(brief.models)


@settings(deadline=None)
@given(st.lists(LOOKS, max_size=3))
def test_the_order_of_looks_decides_the_order_only(looks: list[Look]) -> None:
    contents = [_content(merge(order)) for order in permutations(looks)]
    assert all(content == contents[0] for content in contents)
    for order in permutations(looks):
        assert merge(order).references == tuple(dict.fromkeys(one.media_sha256 for one in order))


@settings(deadline=None)
@given(LOOKS)
def test_one_look_is_merged_to_itself(one: Look) -> None:
    brief = merge([one])
    assert {facet: brief.texts(facet) for facet in brief.findings} == dict(one.findings)
    assert all(f.sources == (one.media_sha256,) for found in brief.findings.values() for f in found)
    assert sorted(brief.palette, key=repr) == sorted(one.palette, key=repr)
    assert {text.casefold() for text in brief.unseen} == {text.casefold() for text in one.unseen}
    assert (brief.references, brief.models) == ((one.media_sha256,), (one.model,))


@settings(deadline=None)
@given(st.lists(LOOKS, max_size=5))
def test_every_finding_has_sources_that_exist_and_said_it(looks: list[Look]) -> None:
    brief = merge(looks)
    said = {(facet, text) for one in looks for facet, found in one.findings.items() for text in found}
    for facet, found in brief.findings.items():
        texts = [one.text for one in found]
        assert len(texts) == len(set(texts))
        for one in found:
            assert (facet, one.text) in said
            assert one.sources and set(one.sources) <= set(brief.references)
    shares = [colour.share for colour in brief.palette]
    assert shares == sorted(shares, reverse=True)
    assert Brief.of_json(brief.to_json()) == brief


@pytest.mark.parametrize(
    ("chosen", "finding"),
    [
        (0, Finding("anime", (A,))),
        (1, Finding("film noir", (B,))),
        ("film noir", Finding("film noir", (B,))),
        (" claymation ", Finding("claymation")),
    ],
)
def test_a_conflict_is_resolved_by_place_or_words(chosen: int | str, finding: Finding) -> None:
    brief = merge([look("a", style="anime", mood="calm"), look("b", style="film noir")])
    resolved = resolve(brief, Facet.STYLE, chosen)
    assert resolved.findings[Facet.STYLE] == (finding,)
    assert resolved.conflicts == ()
    assert resolved.findings[Facet.MOOD] == brief.findings[Facet.MOOD]


@pytest.mark.parametrize(("facet", "chosen"), [(Facet.STYLE, 2), (Facet.STYLE, -1), (Facet.LENS, 0)])
def test_an_answer_that_is_not_there_is_told(facet: Facet, chosen: int) -> None:
    brief = merge([look("a", style="anime"), look("b", style="film noir")])
    with pytest.raises(RequestError, match=r"no answer number .*Choose one of them or write it\."):
        resolve(brief, facet, chosen)
