"""Pictures of tensors, as text and as SVG."""

import xml.etree.ElementTree as ElementTree

import pytest

from torchwise.learn.pictures import drawn_picture, svg_picture

SOURCE = "x = torch.arange(4).reshape(2, 2)\nx.T"


def test_each_line_is_drawn_under_its_code_and_known_to_the_next():
    assert drawn_picture(SOURCE) == (
        "x = torch.arange(4).reshape(2, 2)  (2, 2) int64\n│ 0  1 │\n│ 2  3 │\n\nx.T  (2, 2) int64\n│ 0  2 │\n│ 1  3 │"
    )


def test_a_line_that_gives_no_tensor_is_an_error():
    with pytest.raises(ValueError, match=r"x\.shape is no tensor"):
        drawn_picture("x = torch.zeros(2)\nx.shape")


@pytest.mark.parametrize(
    "source", [SOURCE, "torch.tensor(3.0)", "torch.zeros(2)", "torch.zeros(2, 2, 3)", "x = torch.zeros(1) < 1"]
)
def test_an_svg_is_well_formed_and_holds_all_numbers_inside_its_box(source):
    image = ElementTree.fromstring(svg_picture(source))
    width, height = float(image.get("width")), float(image.get("height"))
    space = "{http://www.w3.org/2000/svg}"
    for group in image.iter(f"{space}g"):
        left = float(group.get("transform").removeprefix("translate(").partition(",")[0])
        for box in group.iter(f"{space}rect"):
            assert left + float(box.get("x")) + float(box.get("width")) <= width + 1
            assert float(box.get("y")) + float(box.get("height")) <= height


def test_the_numbers_of_the_first_layer_are_shown():
    texts = [
        text.text
        for text in ElementTree.fromstring(svg_picture("torch.arange(8).reshape(2, 2, 2)")).iter(
            "{http://www.w3.org/2000/svg}text"
        )
    ]
    assert texts == ["torch.arange(8).reshape(2, 2, 2)", "(2, 2, 2)", "0", "1", "2", "3"]
