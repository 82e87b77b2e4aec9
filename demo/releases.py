"""Pack the releases of orders: the same inputs give the same archive, so a digest in a plan stays true."""

import gzip
import io
import tarfile
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).parent / "orders"
VERSIONS = ("1.0", "1.1", "1.2", "1.3")
SCRIPTS = ("start", "stop", "install", "uninstall")


def pack(version: str, folder: Path) -> Path:
    """Write `orders-VERSION.tar.gz`: VERSION, and what is needed to run it in bin/."""
    path = folder / f"orders-{version}.tar.gz"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data, mode in contents(version):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(plain.getvalue())
    return path


def contents(version: str) -> list[tuple[str, bytes, int]]:
    """Name, bytes and mode of each file."""
    pricing = SOURCE / "pricing" / f"pricing_{version.replace('.', '_')}.py"
    files = [("VERSION", f"{version}\n".encode(), 0o644)]
    files += [(f"bin/{name}", (SOURCE / "bin" / name).read_bytes(), 0o755) for name in SCRIPTS]
    files.append(("bin/server.py", (SOURCE / "server.py").read_bytes(), 0o644))
    files.append(("bin/pricing.py", pricing.read_bytes(), 0o644))
    return files


def unpack(archive: Path, into: Path) -> None:
    into.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")


def digest(archive: Path) -> str:
    return sha256(archive.read_bytes()).hexdigest()
