"""A script that registers an event with 50 MoUs, and may be run again without harm.

What it keeps in its own files has keys there ("row 7"); PUT by-ref makes the record at the first run and replaces it
at later ones. The MoUs go in one batch: all of them are registered, or none.
"""

from datetime import date

from api import connect, taken
from cungcau_client.api.buyers import put_buyer_by_ref
from cungcau_client.api.events import get_event_summary, put_event_by_ref
from cungcau_client.api.mous import create_mous_batch
from cungcau_client.api.producers import put_producer_by_ref
from cungcau_client.models import (
    BuyerKind,
    EventKind,
    EventStatus,
    LegalForm,
    MouBatch,
    MouStatus,
    NewBuyerProfile,
    NewEvent,
    NewMou,
    NewMouCommitment,
    NewMouParty,
    NewOrganisation,
    NewProducerProfile,
    Period,
    ProducerKind,
    ProfileKind,
    Side,
)

SOURCE = "example-python"
DAY = date(2026, 11, 20)
PRODUCERS, DISTRIBUTORS = 25, 2


def main():
    client = connect()

    event = taken(
        put_event_by_ref.sync_detailed(
            SOURCE,
            "conference",
            client=client,
            body=NewEvent(
                name="Hội nghị kết nối cung cầu Cần Thơ 2026 (minh họa)",
                kind=EventKind.SUPPLY_DEMAND_CONFERENCE,
                starts_on=DAY,
                province="92",
                status=EventStatus.HELD,
                illustrative=True,
            ),
        )
    )

    producers = [
        taken(
            put_producer_by_ref.sync_detailed(
                SOURCE,
                f"producer-{row}",
                client=client,
                body=NewOrganisation(
                    name=f"Hợp tác xã Hành tím số {row} (minh họa)",
                    legal_form=LegalForm.COOPERATIVE,
                    province="92",
                    producer=NewProducerProfile(kind=ProducerKind.COOPERATIVE),
                    illustrative=True,
                ),
            )
        ).id
        for row in range(1, PRODUCERS + 1)
    ]
    distributors = [
        taken(
            put_buyer_by_ref.sync_detailed(
                SOURCE,
                f"distributor-{row}",
                client=client,
                body=NewOrganisation(
                    name=f"Nhà phân phối số {row} (minh họa)",
                    legal_form=LegalForm.JOINT_STOCK_COMPANY,
                    province="92",
                    buyer=NewBuyerProfile(kind=BuyerKind.DISTRIBUTOR),
                    illustrative=True,
                ),
            )
        ).id
        for row in range(1, DISTRIBUTORS + 1)
    ]

    mous = MouBatch(items=[mou(event.id, producer, buyer) for buyer in distributors for producer in producers])
    # A script that lost the answer sends the same again under the same key, and gets the answer that it lost.
    for _ in range(2):
        answer = create_mous_batch.sync_detailed(client=client, body=mous, idempotency_key=f"{SOURCE}-mous")
        result = taken(answer)
        assert (result.created, result.failed) == (50, 0), result
    assert answer.headers["Idempotency-Replayed"] == "true"

    summary = taken(get_event_summary.sync_detailed(event.id, client=client, as_of=DAY))
    assert summary.signed == 50, summary
    assert (summary.producers, summary.distributors) == (PRODUCERS, DISTRIBUTORS), summary
    print(f"{event.name}: {summary.signed} MoUs, the first is {result.results[0].number}")


def mou(event_id, producer, buyer):
    return NewMou(
        title="Biên bản ghi nhớ tiêu thụ hành tím (minh họa)",
        status=MouStatus.SIGNED,
        signed_on=DAY,
        effective_until=date(2027, 11, 20),
        event_id=event_id,
        illustrative=True,
        parties=[
            NewMouParty(organisation_id=producer, side=Side.A, capacity=ProfileKind.PRODUCER),
            NewMouParty(organisation_id=buyer, side=Side.B, capacity=ProfileKind.BUYER),
        ],
        commitments=[NewMouCommitment(description="hành tím", quantity="5", unit="TAN", period=Period.MONTH)],
    )


if __name__ == "__main__":
    main()
