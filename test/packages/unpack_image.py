#!/usr/bin/env python3
"""unpack_image.py IMAGE.oci.tar FOLDER: follows an OCI archive from its index to its layer as a container
engine would, checking every digest and size, and unpacks the layer into FOLDER. Writes the image's user and
entry point to FOLDER.user and FOLDER.entrypoint."""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile


def main(image: str, folder: str) -> None:
    with tarfile.open(image) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}

    def blob(described: dict) -> bytes:
        kind, _, value = described["digest"].partition(":")
        data = files[f"blobs/{kind}/{value}"]
        assert kind == "sha256" and hashlib.sha256(data).hexdigest() == value, described
        assert len(data) == described["size"], described
        return data

    assert json.loads(files["oci-layout"])["imageLayoutVersion"] == "1.0.0"
    (manifest_at,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(manifest_at))
    config = json.loads(blob(manifest["config"]))
    (layer_at,) = manifest["layers"]
    layer = gzip.decompress(blob(layer_at))
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    assert config["config"]["User"].split(":")[0] not in ("", "0", "root"), "the image runs as root"
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        assert all(member.uid == 0 and not member.name.startswith(("/", "..")) for member in tar)
        tar.extractall(folder)
    (entrypoint,) = config["config"]["Entrypoint"]
    pathlib.Path(folder + ".user").write_text(config["config"]["User"])
    pathlib.Path(folder + ".entrypoint").write_text(entrypoint)


if __name__ == "__main__":
    main(*sys.argv[1:])
