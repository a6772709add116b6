"""Statistics of a batch: the limit of failures, and the counts of results and their output."""

from __future__ import annotations

import pytest

from cxcall.batch.failure_limit import FailureCounts, FailureLimit
from cxcall.batch.input.rows import Row
from cxcall.batch.rate_limiter import Rate
from cxcall.batch.row_result import RowResult
from cxcall.batch.statistics import BOUNDS_MS, BatchStatistics, Latencies, round_up
from cxcall.cli.actions.batch.result_printer import (
    describe_outcomes,
    describe_progress,
    describe_speed,
    outcome_table,
    total_lines,
)
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Excerpt, Finding, Severity
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.responses.delivery import Delivery
from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse

REQUEST = HttpRequest("POST", "https://api.example.com/x", {}, b"{}")
RESPONSE = HttpResponse(201, "", {}, b"")


def result(
    number: int, outcome: Outcome, message: str = "", timings: dict[str, float] | None = None
) -> RowResult:
    findings = [Finding(Severity.ERROR, "code", "", message)] if message else []
    exchange = Exchange(REQUEST, RESPONSE, may_be_sent=True, timings=timings or {})
    delivery = Delivery("ID", outcome, ExitCode.OK, exchange)
    row = Row(number, Excerpt("", number, 1, ""), None, {})
    return RowResult(row, Report(outcome=outcome, delivery=delivery, findings=findings))


def failures(*outcomes: Outcome) -> FailureCounts:
    counts = FailureCounts()
    for number, outcome in enumerate(outcomes, 1):
        counts.add(result(number, outcome))
    return counts


def counted(*outcomes: Outcome) -> BatchStatistics:
    statistics = BatchStatistics()
    for number, outcome in enumerate(outcomes, 1):
        statistics.add(result(number, outcome))
    return statistics


@pytest.mark.parametrize(
    ("texts", "limit"),
    [
        ([], FailureLimit(10, 0.5)),
        (["3"], FailureLimit(3, 0.5)),
        (["25%"], FailureLimit(10, 0.25)),
        (["3", " 100% "], FailureLimit(3, 1.0)),
        (["101"], FailureLimit(101, 0.5)),
    ],
)
def test_failure_limit_is_parsed(texts: list[str], limit: FailureLimit) -> None:
    assert FailureLimit.parse(texts) == limit


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-1", "x", "1.5", "5 %"])
def test_invalid_failure_limit_is_rejected(text: str) -> None:
    with pytest.raises(UsageError):
        FailureLimit.parse([text])


@pytest.mark.parametrize("failure", [Outcome.REFUSED, Outcome.UNDELIVERED, Outcome.UNKNOWN])
def test_failures_in_a_row_are_a_reason_to_stop(failure: Outcome) -> None:
    limit = FailureLimit(3, 1.0)
    assert limit.find_excess(failures(failure, failure)) == ""
    assert limit.find_excess(failures(failure, failure, Outcome.ACCEPTED, failure)) == ""
    # A row that was not sent says nothing about the platform.
    reason = limit.find_excess(failures(failure, failure, Outcome.STOPPED, failure))
    assert reason == "3 requests in a row failed"


def test_share_of_failures_counts_from_twenty_rows() -> None:
    limit = FailureLimit(100, 0.5)
    ten, refused = [Outcome.ACCEPTED] * 10, [Outcome.REFUSED] * 10
    assert limit.find_excess(failures(*refused[:9], *[Outcome.REFUSED] * 10)) == ""
    assert limit.find_excess(failures(*ten, *refused)) == ""
    assert limit.find_excess(failures(*ten[1:], *refused, Outcome.REFUSED)) == (
        "11 of 20 requests failed, over 50%"
    )


def test_rows_of_an_earlier_run_are_no_reason_to_stop() -> None:
    statistics, counts = BatchStatistics(), FailureCounts()
    for number in range(30):
        refused = result(number, Outcome.REFUSED)._replace(is_resumed=True)
        statistics.add(refused)
        counts.add(refused)
    assert FailureLimit(1, 0.1).find_excess(counts) == ""
    assert (statistics.total, statistics.resumed, statistics.latencies.total()) == (30, 30, 0)
    assert total_lines(statistics)[0] == "30 rows (30 from an earlier run): 30 refused"


def test_gravest_outcome_stands_for_the_batch() -> None:
    order = [
        Outcome.UNKNOWN,
        Outcome.REFUSED,
        Outcome.UNDELIVERED,
        Outcome.STOPPED,
        Outcome.INVALID,
        Outcome.ERROR,
        Outcome.ACCEPTED,
    ]
    for position, outcome in enumerate(order):
        assert counted(*reversed(order[position:])).outcome is outcome


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("row {} has `value {}`", "… has …"),
        ("contact 12345678-1234-4234-8234-00000000000{} is locked", "contact … is locked"),
        ("number +*******012{} is invalid", "number … is invalid"),
        ("`/contactId` must be a UUID; got `{}`", "`/contactId` must be a UUID; got …"),
    ],
)
def test_equal_reasons_are_counted_as_one(message: str, expected: str) -> None:
    statistics = BatchStatistics()
    for number in range(3):
        statistics.add(result(number, Outcome.REFUSED, message.format(number, number)))
    statistics.add(result(4, Outcome.ACCEPTED, "a finding of an accepted row is no reason"))
    assert statistics.as_dict()["reasons"] == [{"code": "code", "message": expected, "count": 3}]


def test_reason_of_a_request_counts_for_all_of_its_rows() -> None:
    statistics = BatchStatistics()
    for number in (1, 1001):
        one = result(number, Outcome.UNKNOWN, "the contacts may be in the list")
        statistics.add(one._replace(rows=(one.row,) * 1000))
    statistics.add(result(2001, Outcome.REFUSED, "no"))
    assert [row[:2] for row in outcome_table(statistics, 80).rows] == [
        ("unknown", "2,000"),
        ("refused", "1"),
    ]
    lost = "  2000 x code: the contacts may be in the list"
    assert lost in total_lines(statistics)


def test_reasons_that_are_not_listed_are_counted() -> None:
    statistics = BatchStatistics()
    for number in range(103):
        statistics.add(result(number, Outcome.REFUSED, "x" * (number + 1)))
    reasons = statistics.as_dict()["reasons"]
    assert reasons[0] == {"code": "other", "message": "other reasons", "count": 4}
    assert sum(each["count"] for each in reasons) == 103
    assert "  and 80 more reasons" in total_lines(statistics)


def test_latency_excludes_the_wait_for_a_slot() -> None:
    statistics = BatchStatistics()
    for total, turn in ((5.0, 0.0), (1005.0, 999.0), (20000.0, 0.0)):
        statistics.add(result(1, Outcome.ACCEPTED, timings={"total": total, "turn": turn}))
    found = [(bar["upTo"], bar["count"]) for bar in statistics.as_dict()["latencyMs"]]
    assert found == [(5, 1), (10, 1), (None, 1)]
    assert not any(" ms " in line for line in total_lines(statistics))  # too few for a histogram
    statistics.latencies.update([20000.0] * 17)
    assert f"> {BOUNDS_MS[-1]} ms" in total_lines(statistics)[-1]


def test_unknown_rows_are_listed_in_their_order() -> None:
    statistics = BatchStatistics()
    statistics.unknown = [("9", "A"), ("10", "B"), ("1-3,12", "C")]
    assert [line.split(":")[0] for line in total_lines(statistics)[-3:]] == [
        "  rows 1-3,12",
        "  row 9",
        "  row 10",
    ]


def test_unknown_rows_are_listed_up_to_twenty() -> None:
    statistics = counted(*[Outcome.UNKNOWN] * 22)
    data = statistics.as_dict()
    assert (len(data["unknown"]), data["unknownNotListed"]) == (20, 2)
    more = "  and 2 more rows: `cxcall history list --unresolved`"
    assert total_lines(statistics)[-2:] == ["  row 20: delivery ID", more]
    assert total_lines(counted(*[Outcome.UNKNOWN] * 20))[-1] == "  row 20: delivery ID"


def test_count_phrase_agrees_in_number() -> None:
    assert [count_phrase(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_reasons_are_limited_to_one_hundred_and_known_ones_still_counted() -> None:
    statistics = BatchStatistics()
    for number in range(101):
        message = f"reason {chr(97 + number % 26)}{number}"
        statistics.add(result(number, Outcome.REFUSED, message))
    statistics.add(result(101, Outcome.REFUSED, "reason a0"))
    reasons = statistics.as_dict()["reasons"]
    assert len(reasons) == 100
    assert reasons[0] == {"code": "code", "message": "reason a0", "count": 2}


def test_latency_is_never_shown_as_less_than_it_is() -> None:
    for latency, shown in (
        (0.0, 0),
        (0.00123, 0.0013),
        (10.01, 11),
        (100.0, 100),
        (5.01, 5.1),
        (999.1, 1000),
    ):
        assert round_up(latency) == shown
    latencies = Latencies(map(round_up, (5.0, 5.01)))
    assert latencies.histogram() == [(5, 1), (10, 1)]


def test_paced_requests_never_seem_faster_than_the_permitted_rate() -> None:
    permitted = Rate(300, 60)
    for count in (2, 3, 9, 10, 11, 300):
        latencies = Latencies([1.0] * count)
        shown = describe_speed(latencies, (count - 1) * permitted.interval, permitted)
        assert ("300.0/m of 300/m permitted" in shown) == (count >= 10)
        statistics = BatchStatistics()
        statistics.latencies = latencies
        seconds = (count - 1) * permitted.interval
        assert describe_progress(statistics, seconds, permitted) == "300.0/m"


def test_progress_of_one_request_has_no_rate() -> None:
    statistics = BatchStatistics()
    statistics.latencies.update([1.0])
    statistics.outcomes[Outcome.ACCEPTED] = 1
    assert describe_progress(statistics, 0.4, Rate(6, 60)) == "1 accepted"


def test_latency_shares_and_speed() -> None:
    statistics = BatchStatistics()
    latencies = statistics.latencies
    assert describe_speed(latencies, 1.0, Rate(40, 1)) == ""
    latencies.update([1.0])
    shown = describe_speed(latencies, 0.02, Rate(300, 60))
    assert shown == "elapsed: 0.0 s; latency: p50 1 ms, p95 1 ms"
    latencies.update([1.0] * 93 + [250.0] * 6)
    statistics.outcomes.update({Outcome.ACCEPTED: 97, Outcome.UNKNOWN: 3})
    assert (latencies.percentile(0.5), latencies.percentile(0.95)) == (1.0, 250.0)
    shown = describe_speed(latencies, 2.5, Rate(40, 1))
    assert shown == "elapsed: 2.5 s, 39.6/s of 40/s permitted; latency: p50 1 ms, p95 250 ms"
    assert " 2,376.0/m of 2400/m permitted; " in describe_speed(latencies, 2.5, Rate(2400, 60))
    assert describe_outcomes(statistics) == "3 unknown, 97 accepted"
