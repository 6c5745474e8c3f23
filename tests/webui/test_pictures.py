"""The pictures of a model: what they draw, that they say it in words too, and that they are safe and plain SVG."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from classifier.autonomy import for_precision
from classifier.figures.reliability import Bin
from classifier.figures.share import share
from classifier.figures.slicing import Slice
from classifier.figures.step import Step
from tests import small_model
from webui.pictures.axes import BOTTOM, LEFT, RIGHT, TOP
from webui.pictures.confusion import confusion
from webui.pictures.coverage import coverage
from webui.pictures.gallery import gallery
from webui.pictures.learning import learning
from webui.pictures.reliability import reliability
from webui.pictures.slices import slices
from webui.pictures.svg import Picture

SVG = "{*}"
FEW = for_precision(["a"], [0.9], [True], 0.9)
MANY = for_precision(["a"] * 400, [1 - i / 1000 for i in range(400)], [i < 200 or i % 4 > 0 for i in range(400)], 0.9)
HOSTILE = '<script>alert(1)</script>"&'


def parsed(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(str(picture.svg))


def of_class(picture: Picture, name: str) -> list[ElementTree.Element]:
    return [one for one in parsed(picture).iter() if one.get("class") == name]


def points(picture: Picture, name: str) -> list[tuple[float, float]]:
    [line] = of_class(picture, name)
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]


@pytest.fixture(scope="module")
def all_pictures() -> list[Picture]:
    figures = small_model.figures()
    steps = tuple(Step(n, dict.fromkeys(figures.labels, share(n, 2 * n)), 0.5) for n in (20, 40))
    return [p for wall in gallery(replace(figures, learning=steps), small_model.policy()) for p in wall.pictures]


def test_every_picture_is_well_formed_has_a_name_and_a_description_and_no_style_of_its_own(
    all_pictures: list[Picture],
) -> None:
    assert len(all_pictures) >= 30
    assert len({picture.name for picture in all_pictures}) == len(all_pictures)
    for picture in all_pictures:
        svg = parsed(picture)
        assert [child.tag.rpartition("}")[2] for child in list(svg)[:2]] == ["title", "desc"]
        assert svg.get("role") == "img"
        assert svg.attrib["aria-labelledby"].split() == [svg[0].get("id"), svg[1].get("id")]
        assert svg[0].text == picture.title
        assert svg[1].text == picture.summary
        for one in svg.iter():
            assert not {"style", "href", "onclick", "fill", "stroke"} & set(one.attrib)
        assert picture.rows
        assert {len(row) for row in picture.rows} == {len(picture.columns)}


def test_what_a_policy_calls_its_topics_is_text_and_never_markup() -> None:
    picture = confusion(HOSTILE, HOSTILE, {"a": {"a": 1, "b": 2}, "b": {"b": 1}}, ("a", "b"), {"a": HOSTILE, "b": "b"})
    assert picture is not None
    assert "<script" not in str(picture.svg)
    assert HOSTILE in [one.text for one in parsed(picture).iter()]


def test_a_matrix_says_each_count_once_right_and_wrong_apart() -> None:
    counts = {"a": {"a": 5, "b": 2}, "c": {"c": 7}}
    picture = confusion("m", "M", counts, ("a", "b", "c"), {"a": "Alpha one", "b": "Beta", "c": "Gamma"})
    assert picture is not None
    assert sorted(one.text or "" for one in of_class(picture, "picture-count")) == ["2", "5", "7"]
    assert len(of_class(picture, "picture-right")) == 2
    assert len(of_class(picture, "picture-wrong")) == 1
    assert picture.summary == (
        "12 of 14 mails lie on the diagonal, which is right. Most often wrong: Alpha one taken for Beta, 2."
    )
    assert picture.rows == (("Alpha one", "Alpha one", "5"), ("Alpha one", "Beta", "2"), ("Gamma", "Gamma", "7"))


def test_one_mail_makes_no_curve() -> None:
    assert coverage("c", "C", FEW) is None


def test_the_curve_stays_within_its_axes_and_the_bound_below_it() -> None:
    picture = coverage("c", "C", MANY)
    assert picture is not None
    drawn, bound = points(picture, "picture-precision"), points(picture, "picture-bound")
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in [*drawn, *bound])
    assert all(low[1] > high[1] for high, low in zip(drawn[5:], bound[5:], strict=True))
    assert drawn[-1][0] == RIGHT


def test_what_is_asked_for_and_what_is_decided_alone_stand_where_the_curve_has_them() -> None:
    picture = coverage("c", "C", MANY)
    assert picture is not None
    [chosen], [target] = of_class(picture, "picture-chosen"), of_class(picture, "picture-target")
    assert float(chosen.attrib["x1"]) == pytest.approx(LEFT + MANY.coverage * (RIGHT - LEFT), abs=0.1)
    assert TOP < float(target.attrib["y1"]) < BOTTOM


def test_the_table_of_a_curve_has_about_ten_rows_and_ends_with_all_the_mail() -> None:
    picture = coverage("c", "C", MANY)
    assert picture is not None
    assert 8 <= len(picture.rows) <= 14
    assert picture.rows[-1][0] == "100%"
    assert "Of the surest 52% of the mail 99% were right (at least 96.9%), of 100% 87.5%" in picture.summary


def test_a_part_whose_interval_lies_below_all_mails_is_named() -> None:
    parts = [
        Slice("language", "en", 90, {"scope": share(81, 90)}),
        Slice("language", "nl", 20, {"scope": share(4, 20)}),
        Slice("language", "de", 0, {"scope": share(0, 0)}),
    ]
    picture = slices("s", "S", parts, "scope", share(85, 110), lambda value: {"nl": "Dutch"}.get(value, value))
    assert picture is not None
    assert picture.summary.endswith("Clearly worse: Dutch.")
    assert [row[:3] for row in picture.rows] == [("en", "90", "90%"), ("Dutch", "20", "20%")]


def test_a_learning_curve_needs_two_points_and_spreads_them_by_doublings() -> None:
    steps = [Step(n, {"scope": share(n, 100)}, 0.1) for n in (10, 20, 40)]
    assert learning("l", "L", steps[:1], "scope") is None
    picture = learning("l", "L", steps, "scope")
    assert picture is not None
    across = [x for x, _ in points(picture, "picture-precision")]
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)


def test_without_a_learning_curve_its_wall_says_how_to_get_one() -> None:
    walls = {wall.name: wall for wall in gallery(small_model.figures(), small_model.policy())}
    assert walls["learning"].pictures == ()
    assert "`mailtriage evaluate --policy penelope --report FOLDER --learning-curve`" in walls["learning"].note


def test_the_counts_of_two_tenths_never_stand_on_each_other() -> None:
    bins = (Bin(0.499, share(900, 1234)), Bin(0.501, share(20, 30)), Bin(1.0, share(11_000, 12_345)))
    picture = reliability("r", "R", bins, 0.1)
    assert picture is not None
    counts = {one.text: float(one.attrib["x"]) for one in of_class(picture, "picture-says") if one.get("y") == "-4"}
    assert list(counts) == ["1.2k", "30", "12k"]
    assert counts["30"] - counts["1.2k"] == pytest.approx((RIGHT - LEFT) / 10, abs=0.1)
    assert counts["12k"] < RIGHT
