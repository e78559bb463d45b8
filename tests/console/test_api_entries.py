"""What the entries of the API tell and take, of programs that may ask them."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from console.api import outcomes
from jobs.matter import HELD_OUT
from ledger.schema import AUDIT, STRATEGY_VERSIONS
from outreach.deliver import answer_keys, answering_key
from outreach.inbox import STATEMENT, arrivals_folder, hand_in
from outreach.inbox.arrivals import Arrival, read_arrival
from outreach.opt_outs import Whom
from sources.answers import ANSWERS
from tests.console.api_world import given, program
from tests.console.desk import Desk, Visitor, settled
from tests.outreach.feed_world import holds, opts_out


def test_a_dialler_learns_of_an_opt_out_at_once_and_of_nobody_elses_lists(desk: Desk) -> None:
    engine = desk.ledger.engine
    holds(engine, [{"contact": "api-1", "customer": "api-c1"}, {"contact": "api-2", "customer": "api-c2"}])
    own = given(desk, "dialler", recipient="ai_dialler")
    elses = given(desk, "gateway", recipient="sms_gateway")

    def told(kept: str, contact: str) -> tuple[bool, str | None]:
        with program(desk, kept) as client:
            answer = client.get("/opt-outs/check", params={"address": f"d-{contact}"}).json()
        return answer["may_be_used"], answer["why"]

    assert told(own, "api-1") == (True, None)
    assert told(elses, "api-1") == told(own, "nobody") == (False, "unknown")
    opts_out(engine, Whom(customer="api-c1"))
    assert told(own, "api-1") == (False, "opt_out")
    assert told(own, "api-2") == (True, None)


def test_outcomes_wait_at_the_signed_door_as_they_were_sent(desk: Desk, tmp_path: Path) -> None:
    signed = desk.settings.model_copy(update={"home": tmp_path})
    key = answering_key(desk.settings, "ai_dialler")
    hand_in(
        signed,
        ANSWERS.empty_table(),
        recipient="ai_dialler",
        as_of=date(2026, 7, 1),
        name="said.parquet",
        last=False,
        key=key,
    )
    with program(desk, given(desk, "dialler", recipient="ai_dialler")) as client:
        for name in ("said.parquet", f"said.parquet{STATEMENT}"):
            sent = (arrivals_folder(signed, "ai_dialler") / name).read_bytes()
            assert client.put(f"/outcomes/{name}", content=sent).json() == {"file": name, "bytes": len(sent)}
        refused = [client.put(f"/outcomes/{name}", content=b"x") for name in ("said.exe", ".said.parquet")]
        vast = client.put("/outcomes/vast.parquet", content=bytes(outcomes.LARGEST + 1))
    assert [one.status_code for one in (*refused, vast)] == [400, 422, 413]
    waits = Arrival(
        recipient="ai_dialler", path=arrivals_folder(desk.settings, "ai_dialler") / "said.parquet"
    )
    statement, _ = read_arrival(waits, keys=answer_keys(desk.settings, "ai_dialler"))
    assert (statement.rows, statement.as_of) == (0, date(2026, 7, 1))


def test_a_strategy_is_read_byte_for_byte_and_a_draft_of_it_written(desk: Desk) -> None:
    with program(desk, given(desk, "segment_manager")) as client:
        page = client.get("/strategies").json()
        names = [one["name"] for one in page["strategies"]]
        assert names == sorted(names)
        assert {"fund_first_plan", "mobile_silent_app"} <= set(names)
        read = client.get("/strategies/fund_first_plan").json()
        assert read["standing"]["state"] == "live"
        other = read["text"].replace("name: fund_first_plan", "name: written_by_program")
        unseen = client.post("/strategies/fund_first_plan/drafts", json={"text": read["text"] + "\n# more\n"})
        misnamed = client.post("/strategies/fund_first_plan/drafts", json={"text": other})
    assert (unseen.status_code, misnamed.status_code) == (400, 400)
    assert "written_by_program" in misnamed.json()["error"]
    with desk.ledger.engine.connect() as connection:
        texts = connection.execute(select(STRATEGY_VERSIONS.c.text)).scalars().all()
    assert read["text"] in texts
    assert other not in texts


@pytest.mark.parametrize("name", ["no_such", "--json", "a'b", "%00", "x" * 60, "..%2f..%2fetc"])
def test_what_is_not_there_or_no_name_is_refused_in_a_sentence(desk: Desk, name: str) -> None:
    with program(desk, given(desk, "segment_manager")) as client:
        answers = [client.get(f"/strategies/{name}"), client.post(f"/strategies/{name}/dry-run")]
    assert {answer.status_code for answer in answers} <= {404, 422}
    assert all(answer.json()["error"] for answer in answers)


def test_segments_are_told_when_a_night_has_run(night_desk: Desk) -> None:
    with program(night_desk, given(night_desk, "data_scientist")) as client:
        told = client.get("/segments").json()
    assert told["as_of"] == "2026-07-02"
    assert told["segments"]
    assert all(one["customers"] is None or one["customers"] >= 10 for one in told["segments"])


def test_a_dry_run_is_asked_for_and_fetched(night_desk: Desk) -> None:
    where = "/strategies/mobile_silent_app/dry-run"
    with program(night_desk, given(night_desk, "segment_manager")) as client:
        assert client.get(where).status_code == 404
        begun = client.post(where)
        assert begun.status_code == 202
        assert settled(Visitor(client), where) == "done"
        assert client.get(where).json()["answer"]["strategy"] == "mobile_silent_app"


def test_who_is_held_out_is_handed_out_to_whom_the_roles_allow(night_desk: Desk) -> None:
    with program(night_desk, given(night_desk, "data_scientist")) as client:
        assert [one["name"] for one in client.get("/holdouts").json()] == ["global"]
        assert client.get("/holdouts/global/customers").status_code == 403
    with program(night_desk, given(night_desk, "compliance")) as client:
        assert client.post("/holdouts/no_such/export").status_code == 404
        assert client.get("/holdouts/global/customers").status_code == 404
        assert client.post("/holdouts/global/export").status_code == 202
        assert settled(Visitor(client), "/holdouts/global/export") == "done"
        told = client.get("/holdouts/global/export").json()
        assert told["as_of"] == "2026-07-02"
        answer = client.get("/holdouts/global/customers")
        file = night_desk.settings.home / HELD_OUT / "global-2026-07-02.csv"
        file.unlink()  # as an erasure does
        for path in ("customers", "export"):
            assert client.get(f"/holdouts/global/{path}").status_code == 404
        assert client.post("/holdouts/global/export").json()["state"] in ("waiting", "running")
        assert settled(Visitor(client), "/holdouts/global/export") == "done"
        assert file.exists()
    heading, *numbers = answer.text.splitlines()
    assert (answer.headers["content-type"], heading) == ("text/csv; charset=utf-8", "customer_no")
    assert len(numbers) == told["rows"] > 10
    assert numbers == sorted(set(numbers))
    with night_desk.ledger.engine.connect() as connection:
        query = select(AUDIT).where(AUDIT.c.action == "holdout handed out")
        trail = connection.execute(query).mappings().one()
    assert (trail["actor"], trail["subject"], trail["detail"]["rows"]) == (
        "compliance",
        "global",
        len(numbers),
    )
