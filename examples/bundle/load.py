"""Fills in a prompt of a bundle: python3 load.py prompts.json NAME variable=value...

    llmops prompt export --label production --out prompts.json
    pip install minijinja          # the template engine that llmops evaluates with
"""

import json
import sys

from minijinja import Environment

engine = Environment(undefined_behavior="strict")


def messages(bundle, name, values):
    """The messages of a prompt, ready for a model's API. Braces in values are data."""
    prompt = bundle["prompts"][name]
    values = {v["name"]: v["default"] for v in prompt["variables"] if v["default"] is not None} | values
    return [
        {"role": message["role"], "content": engine.render_str(message["template"], **values).strip()}
        for message in prompt["messages"]
    ]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        prompts = json.load(file)
    given = dict(argument.split("=", 1) for argument in sys.argv[3:])
    print(json.dumps(messages(prompts, sys.argv[2], given), ensure_ascii=False))
