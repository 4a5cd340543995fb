"""What is sent for one micrograph."""

import io
import json
from base64 import b64decode

from PIL import Image

from slava.micrographs import Micrograph
from slava.teacher.http.prompts import Prompts
from slava.teacher.http.requests import RequestBuilder
from slava.teacher.measuring import measure


def test_a_request_holds_picture_anchor_measurements_and_schema(micrograph: Micrograph) -> None:
    builder = RequestBuilder(Prompts.read(), "vlm", max_tokens=500, count=6, image_side=240)
    builder.check()
    request = json.loads(builder.build(micrograph, measure(micrograph), "Particles"))
    assert (request["model"], request["max_tokens"], request["temperature"]) == ("vlm", 500, 1)
    assert request["response_format"]["json_schema"]["strict"] is True
    system, user = request["messages"]
    picture, text = user["content"]
    assert "Write 6 triples" in system["content"]
    assert 'class "Particles"' in text["text"]
    assert "mean diameter" in text["text"]
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert max(Image.open(io.BytesIO(b64decode(data))).size) == 240
    assert micrograph.image_id not in json.dumps(request)
