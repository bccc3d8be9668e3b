"""What is in a baked image, before it is ever booted."""

import json
import re

import pytest
from conftest import CHECKOUT, checked


def sbom(root):
    return json.loads((root / "usr/share/vmm-image/sbom.spdx.json").read_text())


def test_a_baked_image_is_clean(base, jupyter):
    assert checked(base) == []
    assert checked(jupyter) == []


def test_an_image_says_what_it_is(jupyter):
    said = json.loads((jupyter / "etc/vmm/image.json").read_text())
    assert said["type"] == "jupyter"
    assert re.fullmatch(r"jupyter-20261118-[0-9a-f]{7}(-dirty)?", said["name"])
    assert said["name"].endswith(said["version"])


def test_baking_over_an_image_changes_nothing(bakery, jupyter):
    _, again = bakery.bake("jupyter", "jupyter")
    assert again.ok, again.failures
    assert again.changed == 0, again.changed_tasks
    assert checked(jupyter) == []


def test_a_look_at_a_finished_image_is_clean(bakery, jupyter):
    _, look = bakery.bake("jupyter", "jupyter", "--check")
    assert look.ok, look.failures
    assert look.changed == 0, look.changed_tasks


def test_the_same_inputs_give_the_same_list(bakery, base):
    again, played = bakery.bake("base", "base-again")
    assert played.ok, played.failures
    for file in ("packages.txt", "sbom.spdx.json"):
        assert (again / "usr/share/vmm-image" / file).read_bytes() == (base / "usr/share/vmm-image" / file).read_bytes()


def test_the_list_names_every_package_once_as_spdx_wants_it(jupyter):
    document = sbom(jupyter)
    status = (jupyter / "var/lib/dpkg/status").read_text()
    installed = len(re.findall(r"^Status: install ok installed$", status, re.MULTILINE))
    packages = document["packages"][1:]
    assert document["spdxVersion"] == "SPDX-2.3" and document["SPDXID"] == "SPDXRef-DOCUMENT"
    assert len([p for p in packages if p["SPDXID"].startswith("SPDXRef-deb-")]) == installed > 200
    ids = [p["SPDXID"] for p in document["packages"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in ids)
    assert {r["relatedSpdxElement"] for r in document["relationships"]} == set(ids)
    for package in packages:
        assert package["versionInfo"] and package["downloadLocation"] and package["externalRefs"][0]["referenceLocator"].startswith("pkg:")
    notebook = next(p for p in packages if p["name"] == "jupyter-notebook")
    assert notebook["versionInfo"] in (jupyter / "usr/share/vmm-image/packages.txt").read_text()


def test_a_package_more_is_a_line_more(jupyter, base):
    def lines(root):
        return set((root / "usr/share/vmm-image/packages.txt").read_text().splitlines())

    assert lines(base) < lines(jupyter)
    assert any(line.startswith("jupyter-notebook ") for line in lines(jupyter) - lines(base))


def test_an_image_of_a_site_asks_its_proxy_and_others_none(bakery, base):
    assert not (base / "etc/apt/apt.conf.d/80site-proxy").exists()
    site = CHECKOUT / "provisioning/tests/lab/site.yml"
    root, played = bakery.bake("base", "of-site", "-e", f"cloud=lab site_file={site}", begin=base)
    assert played.ok, played.failures
    assert 'Acquire::http::Proxy "http://10.60.10.12:3128";' in (root / "etc/apt/apt.conf.d/80site-proxy").read_text()
    environment = (root / "etc/environment").read_text()
    assert "https_proxy=http://10.60.10.12:3128" in environment
    assert "169.254.169.254" in re.search(r"^no_proxy=(.*)$", environment, re.MULTILINE)[1].split(",")
    assert checked(root) == []


def test_a_driver_that_no_source_has_is_left_out_in_a_line(bakery, jupyter):
    root, played = bakery.bake("gpu", "gpu", begin=jupyter)
    assert played.ok, played.failures
    assert "GPU driver left out" in played.said
    assert checked(root) == []
