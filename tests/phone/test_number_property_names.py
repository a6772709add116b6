"""The names of values that are dialed."""

from __future__ import annotations

import pytest

from cxcall.phone.number_property_names import is_number_name


@pytest.mark.parametrize(
    "name",
    ["phone_no", "mobileNo", "PhoneNr", "tel-no", "telNumber", "Rufnummer", "handyNr", "cell"],
)
def test_abbreviated_name_is_that_of_a_number(name: str) -> None:
    assert is_number_name(name)


@pytest.mark.parametrize(
    "name", ["telnet", "customerNo", "contact_no", "from_phone_no", "nr", "Kundennummer"]
)
def test_other_name_is_not_that_of_a_number_to_dial(name: str) -> None:
    assert not is_number_name(name)
