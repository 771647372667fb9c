"""The files of a CRM described for machines: Croissant 1.1 with its vocabulary for responsible AI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from equipoise.consent import PURPOSES
from equipoise.crm._datasheet import distortion_lines
from equipoise.crm._described import Described
from equipoise.crm._dictionary import TABLE_NAMES, columns_of
from equipoise.crm._dictionary_columns import Column
from equipoise.crm._schema import END_DATE, START_DATE

__all__ = ["croissant", "croissant_text"]

PARQUET = "application/x-parquet"
FORMATS = {
    ".parquet": PARQUET,
    ".md": "text/markdown",
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".html": "text/html",
}
TYPES = {
    "text": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
}

TERMS = (
    "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject",
    "fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5",
    "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
    "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in TERMS},
}
"""The context that Croissant's specification gives; tools compare it as a whole."""

LIMITATIONS = [
    "Effects, tastes and differences between groups are stipulated; nothing is evidence about people.",
    "The base is far more active than home goods at large; the datasheet compares it with published "
    "figures, margin by margin.",
    "An answer to a campaign is recorded for contacted customers only.",
    "No returns, no households with two customers, no lasting effect of a campaign.",
]
USE_CASES = [
    "Teaching, and testing of audits, uplift models, consent rules and private learning where the "
    "answer is known.",
    "Not for estimating how real groups behave, nor for models that decide about real people.",
]
NOBODY = (
    "No real person is described. Fictional gender, age, income, community, contact, purchases, service "
    "requests and consent stand for data that are personal or sensitive in a real CRM."
)
UPKEEP = (
    "A written file is never changed: the package draws it again from the parameters. Changes of the "
    "model come with a version of the package and are named in its changelog."
)


def croissant(about: Described, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON-LD description of a folder.

    Parameters
    ----------
    about : Described
        What documents need to know of the world.
    files : mapping of str to str
        Path of each file in the folder, with ``/``, and its SHA-256. A table is
        ``orders.parquet``, or several files ``orders/...``, in order.

    Returns
    -------
    dict
        Croissant 1.1 with terms of its vocabulary for responsible AI, 1.0. One record set a table
        of which there are files; other files stand among the file objects.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> from equipoise.crm._described import described
    >>> about = described(make_crm(customers=500, seed=7))
    >>> croissant(about, {"cases.parquet": 64 * "0"})["recordSet"][0]["key"]
    {'@id': 'cases/case_id'}
    """
    parts = {name: _parts(name, files) for name in TABLE_NAMES}
    kept = {name: paths for name, paths in parts.items() if paths}
    version = metadata.version("equipoise")
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": f"equipoise-crm-{about.customers}-seed-{about.seed}",
        "description": (
            f"{about.customers:,} customers of a fictional home-goods retailer, {START_DATE:%d %B %Y} to "
            f"{END_DATE:%d %B %Y}: purchases, campaigns with randomised hold-outs, e-mails, service "
            "requests and consent over time, drawn from a stated model. datasheet.md tells it in full."
        ),
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "license": "https://spdx.org/licenses/BSD-3-Clause.html",
        "version": version,
        "citeAs": f"equipoise {version}, {about.customers} customers, seed {about.seed}",
        "isLiveDataset": False,
        "keywords": ["synthetic", "CRM", "fairness", "privacy", "consent", "uplift"],
        **_responsible(about),
        "distribution": [
            *(_file(path, digest) for path, digest in files.items()),
            *(_file_set(name) for name, paths in kept.items() if not _is_one(name, paths)),
        ],
        "recordSet": [
            _record_set(name, _is_one(name, paths), set(kept)) for name, paths in kept.items()
        ],
    }


def croissant_text(about: Described, files: Mapping[str, str]) -> str:
    """Return the description of a folder as JSON."""
    return json.dumps(croissant(about, files), indent=1, ensure_ascii=False) + "\n"


def _responsible(about: Described) -> dict[str, Any]:
    biases = distortion_lines(about) or [
        "None was injected; differences between groups are natural."
    ]
    return {
        "rai:dataCollection": (
            "Nothing was collected: a model with stated parameters was run (BG/NBD and Gamma-Gamma for "
            f"orders, seed {about.seed}). Every constant is in datasheet.md."
        ),
        "rai:dataCollectionType": ["Software Collection", "Others: simulation"],
        "rai:dataCollectionTimeframe": [f"{START_DATE:%Y-%m-%d}", f"{END_DATE:%Y-%m-%d}"],
        "rai:dataCollectionMissingData": (
            "Household size is missing at random; dates and proofs of consent are missing as the "
            "datasheet states; distortions may lose more."
        ),
        "rai:dataPreprocessingProtocol": ["None: no row was cleaned, removed or imputed."],
        "rai:dataBiases": biases,
        "rai:dataLimitations": LIMITATIONS,
        "rai:dataUseCases": USE_CASES,
        "rai:dataSocialImpact": (
            "Lessons learnt here can be mistaken for facts about groups. The groups' differences were "
            "invented."
        ),
        "rai:personalSensitiveInformation": [NOBODY],
        "rai:dataReleaseMaintenancePlan": UPKEEP,
    }


def _parts(name: str, files: Mapping[str, str]) -> list[str]:
    return [path for path in files if path == f"{name}.parquet" or path.startswith(f"{name}/")]


def _is_one(name: str, paths: list[str]) -> bool:
    return paths == [f"{name}.parquet"]


def _file(path: str, digest: str) -> dict[str, Any]:
    ending = path[path.rindex(".") :] if "." in path else ""
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "encodingFormat": FORMATS.get(ending, "application/octet-stream"),
        "sha256": digest,
    }


def _file_set(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name + "-files",
        "name": name + "-files",
        "encodingFormat": PARQUET,
        "includes": f"{name}/*.parquet",
    }


def _record_set(name: str, is_one: bool, tables: set[str]) -> dict[str, Any]:
    columns = columns_of(name)
    keys = [column for column in columns if column.key == "primary"]
    source = (
        {"fileObject": {"@id": f"{name}.parquet"}}
        if is_one
        else {"fileSet": {"@id": name + "-files"}}
    )
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        **({"key": {"@id": f"{name}/{keys[0].name}"}} if keys else {}),
        "field": [_field(column, source, tables) for column in columns],
    }


def _field(column: Column, source: Mapping[str, Any], tables: set[str]) -> dict[str, Any]:
    field = {
        "@type": "cr:Field",
        "@id": f"{column.table}/{column.name}",
        "name": column.name,
        "description": _meaning(column),
        "dataType": TYPES[column.type],
        "source": {**source, "extract": {"column": column.name}},
    }
    target = (column.key or "").removeprefix("foreign ")
    if target != column.key and target.partition(".")[0] in tables:
        field["references"] = {"field": {"@id": target.replace(".", "/")}}
    return field


def _meaning(column: Column) -> str:
    unit = f" In {column.unit}." if column.unit else ""
    if not column.purposes:
        return f"{column.meaning}{unit} No purpose may read it."
    readers = (
        "every purpose" if set(column.purposes) == set(PURPOSES) else ", ".join(column.purposes)
    )
    return f"{column.meaning}{unit} Read by: {readers}."
