"""The helper for drivers on real hosts, shown on a file that belongs to root, written by a user of limited rights."""

from liftlock.drivers import config, service
from tests.contract.way import Way
from tests.lab import Lab


def test_a_file_of_roots_goes_its_whole_way_on_a_real_host(lab: Lab) -> None:
    host = lab.host()
    host.put("/etc/orders/orders.conf", "port=80\n")
    way = Way(lab, host, config.DRIVERS)
    item = {"file": "/etc/orders/orders.conf", "content": "port=8080\n", "sudo": True}
    (preview,) = way.preview(item)
    assert "+port=8080" in preview.text
    done = way.up(item)
    assert host.read("/etc/orders/orders.conf") == "port=8080\n"
    way.back(done)
    assert host.read("/etc/orders/orders.conf") == "port=80\n"


def test_what_the_host_refuses_is_a_failure_with_words(lab: Lab) -> None:
    host = lab.host()
    assert Way(lab, host, service.DRIVERS).fails({"restart": "nowhere"}).code == "service.unknown"
