"""Other people's update graphs as product files: OpenShift, Fedora CoreOS, GitLab."""

from collections.abc import Callable, Sequence
from pathlib import Path

from liftlock.planfile.importers.fedora_coreos import import_fedora_coreos
from liftlock.planfile.importers.gitlab import import_gitlab
from liftlock.planfile.importers.imported import Imported
from liftlock.planfile.importers.openshift import import_openshift

IMPORTERS: dict[str, Callable[[Path, Sequence[str]], Imported]] = {
    "openshift": import_openshift,
    "fedora-coreos": import_fedora_coreos,
    "gitlab": import_gitlab,
}
