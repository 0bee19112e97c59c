"""The labeling queue: what the operator sees and decides; annotators.py has what annotators do."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, send_file

from backend.labeling.dataset import write_dataset
from backend.records.record import Label
from backend.web.http import json_response, parse_body, unknown_record
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("labeling", __name__)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    code: Annotated[str, msgspec.Meta(description="With which annotators enroll, at /label?code=CODE.")]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: uuid.UUID
    label: Label


class AnnotatorProgress(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    labels: int
    per_minute: Annotated[float | None, msgspec.Meta(description="Without breaks; null: too few labels to tell.")]


class Labeling(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of the annotators."""

    code: Annotated[str | None, msgspec.Meta(description="Of the invitation; null: there is none.")]
    agreed: Annotated[int, msgspec.Meta(description="Drawings on which two annotators agree.")]
    once: Annotated[int, msgspec.Meta(description="Drawings with one label, which does not count yet.")]
    disagreements: Annotated[int, msgspec.Meta(description="Drawings that wait for the operator's decision.")]
    kappa: Annotated[float | None, msgspec.Meta(description="Cohen's kappa; null: no drawing has two labels.")]
    annotators: list[AnnotatorProgress]


class Doubtful(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    reason: Literal["disagreement", "likely_error"]
    labels: Annotated[list[str], msgspec.Meta(description="That people gave.")]
    result: Annotated[str, msgspec.Meta(description="What the network read.")]


class Doubts(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator should decide: disagreements, then labels that are probably wrong, the most probable first."""

    drawings: list[Doubtful]


@routes.get("/labeling")
@describe(answer=Labeling, errors=(503,))
@permit("lead_labeling")
def progress() -> Response:
    """The invitation, the progress, the agreement and the speed of the annotators."""
    labels = services().require_queue().labels(fresh=True)
    everything = labels.all()
    counts = {each: sum(each in given for given in everything.values()) for each in labels.annotators}
    return json_response(
        Labeling(
            code=labels.code,
            agreed=sum(labels.agreed(record) is not None for record in everything),
            once=sum(len(given) == 1 for given in everything.values()),
            disagreements=len(labels.disagreements()),
            kappa=labels.kappa(),
            annotators=[
                AnnotatorProgress(id=each, labels=count, per_minute=labels.speed(each))
                for each, count in counts.items()
            ],
        )
    )


@routes.post("/labeling")
@describe(answer=Invitation, status=201, errors=(503,))
@permit("lead_labeling")
def invite() -> Response:
    """Invite annotators. An earlier invitation ends, and with it the access of those who followed it."""
    return json_response(Invitation(code=services().require_queue().invite()), 201)


@routes.delete("/labeling")
@describe(status=204, errors=(503,))
@permit("lead_labeling")
def end() -> Response:
    """End the invitation and the access of all annotators. Their labels stay."""
    services().require_queue().end()
    return Response(status=204)


@routes.get("/labeling/doubts")
@describe(answer=Doubts, errors=(503,))
@permit("lead_labeling")
def doubts() -> Response:
    """Drawings on which annotators disagree, and labels that are probably wrong."""
    found = services().require_queue().doubts()
    return json_response(
        Doubts(
            drawings=[
                Doubtful(id=each.record.id, reason=each.reason, labels=each.labels, result=each.record.result)
                for each in found
            ]
        )
    )


@routes.post("/labeling/decisions")
@describe(body=Decision, status=204, errors=(400, 404, 503))
@permit("lead_labeling")
def decide() -> Response:
    """Decide what a drawing shows, whatever its annotators said."""
    given = parse_body(Decision, '{"id": "...", "label": "7"}')
    if not services().require_queue().decide(given.id, given.label):
        raise unknown_record()
    return Response(status=204)


@routes.get("/labeling/dataset")
@describe(media_types=("application/zip",), errors=(503,))
@permit("lead_labeling")
def dataset() -> Response:
    """All labeled drawings as a dataset for others: drawings, strokes, labels, splits and a card, in a ZIP archive."""
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder, "dataset"), services().require_recorder())
        archive = shutil.make_archive(str(Path(folder, "digitpad")), "zip", Path(folder, "dataset"))
        file = Path(archive).open("rb")  # noqa: SIM115 - it is sent when the folder is gone
    return send_file(file, "application/zip", as_attachment=True, download_name="digitpad-dataset.zip")
