"""The spellings of a phone number."""

from __future__ import annotations

import phonenumbers

from cxcall.phone.number_spellings import TRUNK_PREFIXES


def test_trunk_prefixes_are_those_of_the_metadata() -> None:
    regions = map(phonenumbers.PhoneMetadata.metadata_for_region, phonenumbers.SUPPORTED_REGIONS)
    known = {(each.national_prefix, each.country_code) for each in regions if each is not None}
    others = {(prefix, code) for prefix, code in known if prefix not in (None, "0") and code != 1}
    assert others <= set(TRUNK_PREFIXES)
    for prefix, code in TRUNK_PREFIXES:
        (region, *_) = phonenumbers.region_codes_for_country_code(code)
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        parsed = phonenumbers.example_number(region)
        assert parsed is not None
        written = f"{prefix}{phonenumbers.national_significant_number(parsed)}"
        assert phonenumbers.parse(written, region) == parsed, (prefix, code)
