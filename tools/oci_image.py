"""An OCI image archive (image-spec 1.1) of one layer, made without a container engine."""

import gzip
import hashlib
import io
import json
import tarfile
import time

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def described(media_type: str, data: bytes, **more) -> dict:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def as_json(value: dict) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def configuration(layer: bytes, architecture: str, version: str, created: str) -> bytes:
    return as_json({
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {
            "User": "65532:65532",
            "Entrypoint": ["/usr/bin/fairway"],
            "Cmd": ["--help"],
            "Env": ["PATH=/usr/bin"],
            "ExposedPorts": {"8080/tcp": {}, "9901/tcp": {}},
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "fairway",
                "org.opencontainers.image.description": "Inference gateway",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(gzip.decompress(layer))]},
        "history": [{"created": created, "created_by": "tools/package.py"}],
    })


def archive(layer: bytes, architecture: str, version: str, created: int) -> bytes:
    """`layer` is a gzipped tar of the whole root; `created` in seconds since the epoch."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created))
    config = configuration(layer, architecture, version, stamp)
    manifest = as_json({"schemaVersion": 2, "mediaType": MANIFEST, "config": described(CONFIG, config),
                        "layers": [described(LAYER, layer)]})
    index = as_json({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                     "manifests": [described(
                         MANIFEST, manifest, platform={"architecture": architecture, "os": "linux"},
                         annotations={"org.opencontainers.image.ref.name": f"fairway:{version}"})]})
    files = {"oci-layout": as_json({"imageLayoutVersion": "1.0.0"}), "index.json": index}
    for blob in (config, layer, manifest):
        files["blobs/sha256/" + digest(blob).partition(":")[2]] = blob
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = created
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()
