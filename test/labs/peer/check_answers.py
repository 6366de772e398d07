"""Reads answers of the sandbox with the models of Waldur's own Python client, and prints those it cannot read.

Input: one JSON array of `{"model": "order_details.OrderDetails", "path": "…", "body": {…}}`.
"""

import importlib
import json
import sys

for entry in json.load(sys.stdin):
    module, name = entry["model"].split(".")
    model = getattr(importlib.import_module(f"waldur_api_client.models.{module}"), name)
    try:
        model.from_dict(entry["body"])
    except Exception as error:  # whatever it stumbles over
        print(f"{entry['path']}: {type(error).__name__}: {error}")
