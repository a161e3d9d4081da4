"""An officer follows one MoU up: drafted, agreed, signed, noted, and read again as it was before."""

from datetime import date

from api import connect, taken
from cungcau_client.api.buyers import list_buyers
from cungcau_client.api.mous import create_mou, create_mou_note, get_mou, list_mou_history, patch_mou, transition_mou
from cungcau_client.api.producers import list_producers
from cungcau_client.models import MouPatch, MouStatus, NewMou, NewMouParty, NewNote, NewTransition, ProfileKind, Side


def main():
    client = connect()
    producer = taken(list_producers.sync_detailed(client=client, province="92", limit=1)).items[0]
    buyer = taken(list_buyers.sync_detailed(client=client, limit=1)).items[0]

    drafted = taken(
        create_mou.sync_detailed(
            client=client,
            body=NewMou(
                title="Biên bản ghi nhớ cung ứng gạo (minh họa)",
                status=MouStatus.DRAFT,
                illustrative=True,
                parties=[
                    NewMouParty(organisation_id=producer.id, side=Side.A, capacity=ProfileKind.PRODUCER),
                    NewMouParty(organisation_id=buyer.id, side=Side.B, capacity=ProfileKind.BUYER),
                ],
            ),
        )
    )
    mou = drafted.id

    # Who changes a record says which version was read; a colleague's change in between is not overwritten.
    read = get_mou.sync_detailed(mou, client=client)
    better = MouPatch(title="Biên bản ghi nhớ cung ứng gạo đặc sản (minh họa)")
    taken(patch_mou.sync_detailed(mou, client=client, body=better, if_match=read.headers["ETag"]))
    late = patch_mou.sync_detailed(mou, client=client, body=better, if_match=read.headers["ETag"])
    assert late.status_code == 412, late

    for status, day in [("proposed", 2), ("agreed", 9), ("signed", 20)]:
        decision = NewTransition(to=MouStatus(status), on=date(2026, 11, day))
        decided = taken(transition_mou.sync_detailed(mou, client=client, body=decision))
        assert decided.status == status, decided
    assert decided.number, "signing gives the number"

    note = NewNote(on=date(2026, 11, 24), text="Đã giao chuyến hàng đầu tiên.")
    noted = taken(create_mou_note.sync_detailed(mou, client=client, body=note))
    assert [entry.text for entry in noted.notes] == [note.text]

    history = taken(list_mou_history.sync_detailed(mou, client=client)).items
    assert [entry.version for entry in history] == [1, 2, 3, 4, 5, 6], history
    before = taken(get_mou.sync_detailed(mou, client=client, at=history[0].recorded_at))
    assert before.status == "draft"
    print(f"{decided.number}: {' → '.join(step.to for step in noted.transitions)}; {len(history)} versions")


if __name__ == "__main__":
    main()
