"""A warehouse's answers to documents: it could be read, it is accepted, or it is refused, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mappings.canonical.advices import AdviceReason, OrderAdvice, Outcome
from workers.domain import aliases, transitions
from workers.domain.fulfilment import OUT, State, lock
from workers.ledger.expected import Expected
from workers.ledger.store import NewMessage
from workers.orders_out import unknown_skus
from workers.orders_out.correlation import (
    Answered,
    add_to_timeline,
    arrived,
    file,
    in_doubt,
    keep,
    of_number,
    of_reference,
    over,
    was_answered,
)
from workers.orders_out.withdrawals import cancel
from workers.spine import restored, their_words
from workers.spine.reading import Reading

RECEIVED, ACCEPTED, CHANGED, CANCELLED = (
    word.value for word in (Expected.RECEIVED, Expected.ACCEPTED, Expected.CHANGED, Expected.CANCELLED)
)
REFUSED = "refused"
OURS = re.compile(r"(?=.{3,22}$).+-[0-9]+")  # the form of our numbers of orders
KINDS = {"order": "refused_by_warehouse", "cancel": "cancel_refused", "advice": "refused_by_warehouse"}


def read_acknowledgement(reading: Reading) -> None:
    """Reader of a functional acknowledgement (997): whether a document could be read, not whether it is accepted."""
    warehouse = reading.runtime.warehouse(reading.record.connection)
    acknowledgement = warehouse.answers.read_acknowledgement(reading.record.body)
    errors = "; ".join(error for one in acknowledgement.sets for error in one.errors)
    found = list(of_number(reading, acknowledgement.group_control))
    if not found and not _from_the_future(reading, acknowledgement.group_control) and not acknowledgement.accepted:
        _refused_nobodys(reading, f"group {acknowledgement.group_control}", errors or "no reason was given")
    for answered in found:
        if not acknowledgement.accepted and answered.kind == "change":
            _change_refused(reading, answered, f"it could not be read there: {errors or 'no reason was given'}")
            continue
        if not acknowledgement.accepted:
            _refuse(reading, answered, f"it could not be read there: {errors or 'no reason was given'}")
            continue
        keep(reading, answered, RECEIVED)
        arrived(reading, answered)
        over(reading, answered.subject, RECEIVED)
        add_to_timeline(reading, answered, RECEIVED, "the warehouse could read it")
        if errors:
            file(reading, "accepted_with_error", answered, f"{reading.record.connection} read it and says: {errors}")
        if answered.kind == "order" and ACCEPTED not in warehouse.orders.answers:
            _accept(reading, answered, "by its acknowledgement: the connection takes that for acceptance")


def read_envelope_receipt(reading: Reading) -> None:
    """Reader of a word on the envelope of an interchange. Taken, it has arrived, and no more than that."""
    connection = reading.record.connection
    receipt = reading.runtime.warehouse(connection).envelope_answers.read_envelope_receipt(reading.record.body)
    found = list(of_number(reading, receipt.control))
    word = "took it with errors" if receipt.code == "E" else "did not take it"
    what = f"interchange {receipt.control}, code {receipt.code}, note {receipt.note or '-'} (X12 list 023)"
    why = f"{connection} {word}: {what}"
    for answered in found:
        if receipt.taken:
            arrived(reading, answered)
            add_to_timeline(reading, answered, "arrived", "the warehouse took its envelope")
            reading.close_exception("envelope_faulted", answered.subject, "the warehouse took its envelope")
        elif answered.newest and not was_answered(reading, answered):
            file(reading, "envelope_faulted", answered, why)
        else:
            add_to_timeline(
                reading, answered, "envelope faulted", f"an answer to what stood in it has come, or it is old: {why}"
            )
    if not found and not _from_the_future(reading, receipt.control) and not receipt.taken:
        _refused_nobodys(reading, f"interchange {receipt.control}", why)


def _refused_nobodys(reading: Reading, what: str, why: str) -> None:
    """File the refusal of something by a number under which nothing was sent."""
    connection = reading.record.connection
    reading.file_exception(
        "answer_unmatched",
        subject=f"answer:{connection}:{what}",
        story=what,
        flow="orders-out",
        connection=connection,
        why=f"{connection} refuses {what}: {why}; the fleet never sent one of that number",
    )


def read_order_advice(reading: Reading) -> None:
    """Reader of what a warehouse says to orders, cancellations and advices."""
    answers = reading.runtime.warehouse(reading.record.connection).answers
    for told in answers.read_order_advice(reading.record.body):
        reference = aliases.ours(reading.run, reading.record.connection, told.reference)
        advice = told.model_copy(update={"reference": reference})
        found = [one for one in _answered(reading, advice) if one.reference == advice.reference]
        if not found:
            _unknown(reading, advice)
        for answered in found:
            _judge(reading, answered, advice)


def _answered(reading: Reading, advice: OrderAdvice) -> Iterator[Answered]:
    if advice.group_control:
        return of_number(reading, advice.group_control)
    kind = advice.answers_set if advice.answers_set in ("cancel", "change") else "order"
    return of_reference(reading, advice.reference, kind)


def _judge(reading: Reading, answered: Answered, advice: OrderAdvice) -> None:
    words = their_words.pointed_at(f"{advice.code}: {advice.why}".strip(": "), advice.text).removeprefix("; ")
    their_words.keep(
        reading.run,
        advice.text,
        story=answered.story,
        subject=answered.subject,
        connection=reading.record.connection,
        message=answered.message,
        record=reading.record.id,
    )
    keep(reading, answered, RECEIVED)
    over(reading, answered.subject, RECEIVED)
    if answered.kind == "cancel":
        _cancellation(reading, answered, advice, words)
    elif answered.kind == "change":
        _change(reading, answered, advice, words)
    elif advice.outcome is not Outcome.REFUSED:
        _accept(reading, answered, words)
        if advice.outcome is Outcome.ACCEPTED_WITH_ERROR:
            file(reading, "accepted_with_error", answered, f"{reading.record.connection} accepted it and says: {words}")
    elif advice.reason is AdviceReason.ALREADY_THERE:
        _accept(reading, answered, "it was there already: an earlier sending had arrived")
    else:
        _refuse(reading, answered, words or "no reason was given", advice)


def _accept(reading: Reading, answered: Answered, words: str) -> None:
    keep(reading, answered, ACCEPTED)
    arrived(reading, answered)
    over(reading, answered.subject, ACCEPTED)
    add_to_timeline(reading, answered, ACCEPTED, words)
    if answered.kind != "order":
        return
    row = lock(reading.run, answered.reference)
    transitions.accept(reading.run, answered.reference)
    if row is not None and row.state is State.CANCELLED and row.accepted_at is None and answered.newest:
        # its cancellation was taken for proven because nobody knew the order; now somebody does
        cancel(reading, row, "accepted after it was cancelled", resend=False)


def _change(reading: Reading, answered: Answered, advice: OrderAdvice, words: str) -> None:
    """Settle a change: taken, or refused and the earlier lines stay."""
    if advice.outcome is Outcome.REFUSED:
        _change_refused(reading, answered, words or "no reason was given")
        return
    keep(reading, answered, ACCEPTED)
    arrived(reading, answered)
    over(reading, answered.subject, CHANGED)
    add_to_timeline(reading, answered, "change accepted", words)
    transitions.take_change(reading.run, answered.reference, answered.body["requested"], newest=answered.newest)


def _change_refused(reading: Reading, answered: Answered, why: str) -> None:
    """File a refused change: the goods will leave as ordered before, so a person settles it."""
    if not answered.newest:
        add_to_timeline(reading, answered, REFUSED, f"an earlier change: {why}")
        return
    keep(reading, answered, REFUSED)
    arrived(reading, answered)
    over(reading, answered.subject, CHANGED)
    transitions.refuse_change(reading.run, answered.reference)
    connection = reading.record.connection
    file(reading, "changed_after_release", answered, f"{connection} does not take the change: {why}")


def _cancellation(reading: Reading, answered: Answered, advice: OrderAdvice, words: str) -> None:
    row = lock(reading.run, answered.reference)
    if row is None or row.state is not State.CANCELLING or not answered.newest:
        return
    if advice.outcome is not Outcome.REFUSED:
        arrived(reading, answered)
        # a shipment beats it: only the message that nothing left proves it
        add_to_timeline(reading, answered, "cancellation accepted", "waits for the word that nothing left")
    elif advice.reason is AdviceReason.NOT_THERE and row.accepted_at is None and not row.shipped:
        add_to_timeline(reading, answered, "cancelled", "the warehouse does not know the order")
        transitions.prove_cancelled(reading.run, answered.reference)
    else:
        _refuse(reading, answered, words)


def _refuse(reading: Reading, answered: Answered, why: str, advice: OrderAdvice | None = None) -> None:
    """Make a dead message of a refused document; a retry writes it anew, under a new control number."""
    connection = reading.record.connection
    if not answered.newest:
        add_to_timeline(reading, answered, "refused", f"an earlier sending: {why}")
        return
    if answered.kind == "cancel" and not _cancelling(reading, answered):
        return
    keep(reading, answered, REFUSED)
    if in_doubt(reading, answered):
        reading.run("select finish(%s, 'superseded', 'it had arrived, and was refused', 'fleet')", answered.message)
    for what in (RECEIVED, ACCEPTED, CANCELLED):
        over(reading, answered.subject, what)
    if answered.kind == "order" and not _back_to_new(reading, answered, why):
        return
    if answered.kind == "advice":
        reading.run(
            "update return_advice set state = 'new' where reference = %s and state = 'sent'", answered.reference
        )
    skus = unknown_skus.skus_of(reading.run, answered.reference, advice.items) if advice else ()
    kind = (advice.kind if advice else "") or KINDS[answered.kind]
    reading.post(
        NewMessage(
            flow=answered.flow,
            connection=connection,
            kind=answered.kind,
            reference=answered.reference,
            subject=answered.subject,
            story=answered.story,
            body=answered.body,
            fingerprint=f"refused by record {reading.record.id}",
            gates=unknown_skus.take_back(reading.run, connection, skus),
            args={} if skus else {"state": "dead", "error_kind": kind, "error": why, "step": "refused", "note": why},
        )
    )
    if skus:
        file(reading, "sku_unconfirmed", answered, unknown_skus.in_words(connection, skus, why))


def _cancelling(reading: Reading, answered: Answered) -> bool:
    rows = reading.run("select state from fulfilment where reference = %s", answered.reference)
    return bool(rows) and rows[0]["state"] == "cancelling"


def _back_to_new(reading: Reading, answered: Answered, why: str) -> bool:
    """Whether the refused order is still wanted there. What was being cancelled is cancelled by the refusal."""
    row = lock(reading.run, answered.reference)
    if row is None:
        add_to_timeline(reading, answered, REFUSED, f"the fulfilment is gone: {why}")
        return False
    if row.state is State.CANCELLING and not row.shipped:
        add_to_timeline(reading, answered, "cancelled", f"the warehouse refused the order: {why}")
        transitions.prove_cancelled(reading.run, answered.reference)
        return False
    if row.state not in OUT and not row.shipped:
        add_to_timeline(reading, answered, REFUSED, f"the fulfilment is {row.state}: {why}")
        return False
    by_word = ACCEPTED in reading.runtime.warehouse(reading.record.connection).orders.answers
    if row.shipped or (by_word and row.accepted_at is not None):
        file(reading, "told_otherwise", answered, f"{answered.reference} was refused ({why}) after it was accepted")
        return False
    reading.run("delete from expectation where subject = %s", answered.subject)
    transitions.take_back_refused(reading.run, row)
    return True


def _from_the_future(reading: Reading, number: str) -> bool:
    """See whether an answer names a control number that our series has yet to reach: then the ledger was restored."""
    connection = reading.record.connection
    return number.isdecimal() and restored.look_at_number(
        reading.run, connection, int(number), f"an answer of {connection} (record {reading.record.id})"
    )


def _unknown(reading: Reading, advice: OrderAdvice) -> None:
    if OURS.fullmatch(advice.reference) and _from_the_future(reading, advice.group_control):
        return
    reading.file_exception(
        "answer_unmatched",
        subject=f"answer:{reading.record.connection}:{advice.reference}",
        story=advice.reference,
        flow="orders-out",
        connection=reading.record.connection,
        why=f"{reading.record.connection} answers {advice.outcome} ({advice.code or advice.why or 'no code'}) to"
        f" {advice.reference}, control number {advice.group_control or '-'}, which the fleet never sent",
    )
