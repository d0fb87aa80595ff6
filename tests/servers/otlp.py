"""Takes OTLP over HTTP, as Protocol Buffers or JSON, and writes every span as a line of JSON.

    otlp.py SPANS       prints SINK=http://127.0.0.1:PORT when it listens

Messages are read by the classes that OpenTelemetry generates from its own definitions.
"""

import base64
import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

spans = open(sys.argv[1], "a", encoding="utf-8", buffering=1)


def identifier(text):
    """Protocol Buffers have bytes in base64; OpenTelemetry shows ids in hexadecimal."""
    return base64.b64decode(text).hex()


def in_base64(request):
    """OpenTelemetry's JSON with ids as Protocol Buffers have them. Anything else that is not theirs is an error."""
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return json.dumps(request)


def value(found):
    kind, inner = next(iter(found.items()))
    if kind == "arrayValue":
        return [value(item) for item in inner.get("values", [])]
    return int(inner) if kind == "intValue" else inner


def attributes(pairs):
    return {pair["key"]: value(pair["value"]) for pair in pairs}


class Sink(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.body()
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        if self.headers["content-type"] == "application/json":
            message = Parse(in_base64(json.loads(body)), ExportTraceServiceRequest())
        else:
            message = ExportTraceServiceRequest.FromString(body)
        for resource in MessageToDict(message).get("resourceSpans", []):
            for scope in resource.get("scopeSpans", []):
                for span in scope["spans"]:
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if name in span:
                            span[name] = identifier(span[name])
                    span["resource"] = attributes(resource["resource"].get("attributes", []))
                    span["attributes"] = attributes(span.get("attributes", []))
                    for event in span.get("events", []):
                        event["attributes"] = attributes(event.get("attributes", []))
                    spans.write(json.dumps(span) + "\n")
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def body(self):
        if self.headers["transfer-encoding"] != "chunked":
            return self.rfile.read(int(self.headers["content-length"]))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Sink)
print(f"SINK=http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
