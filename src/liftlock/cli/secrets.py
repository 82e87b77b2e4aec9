"""Where secrets are found when they are used.

    env:NAME                              a variable of the environment
    file:PATH                             a private file
    vault:FILE#KEY                        a value of an Ansible Vault file, or an encrypted value of a plain one
    inventory:INVENTORY#HOST/VARIABLE     a secret variable of a host
    command:WORDS                         what a program of the person's prints
    keyring:SERVICE/USER                  the keyring of the system

Rule: a value is answered and kept nowhere. Relative paths begin beside the plan.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftlock.cli.outside import LIMIT_S, run_inventory, run_outside, words_of
from liftlock.cli.private import LONGEST_BYTES, read_private
from liftlock.cli.vaults import vault_passwords
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.secret import SecretRef
from liftlock.planfile.ansible.load import AnsibleInventory
from liftlock.planfile.ansible.merge import parse_variables
from liftlock.planfile.ansible.render import Unrendered, text_of
from liftlock.planfile.ansible.vault import BadVault, decrypt, is_encrypted
from liftlock.planfile.ansible.written import Notes, Vaulted
from liftlock.planfile.inventories import ansible_sources

VAULT_MAX_BYTES = 16 * 1024 * 1024


class LocalSecrets:
    """`Secrets` of the model. Inventories are read once; what is encrypted in them stays so until it is asked for."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self.environ = environ
        self.folder = folder
        self.inventories: dict[str, AnsibleInventory] = {}

    def resolve(self, ref: SecretRef) -> str:
        """Raises WorldError: MISSING, or REFUSED for what must not, or cannot, be opened."""
        scheme, _, name = ref.secret.partition(":")
        match scheme:
            case "env" if name in self.environ:
                return self.environ[name]
            case "file" if name:
                return read_private(self.path(name), ref.secret)
            case "vault" if name:
                return self.from_vault(name, ref.secret)
            case "inventory" if name:
                return self.from_inventory(name, ref.secret)
            case "command" if name.strip():
                return from_command(name, self.folder, ref.secret)
            case "keyring" if name:
                return from_keyring(name, ref.secret)
        raise missing(ref.secret)

    def path(self, name: str) -> Path:
        return self.folder / Path(name).expanduser()

    def from_vault(self, name: str, whole: str) -> str:
        """`FILE#KEY`: a key, or keys with dots between them; without a key all of the file's text."""
        file, _, key = name.partition("#")
        data = read_file(self.path(file), whole)
        sealed = is_encrypted(data)
        if sealed:
            data = opened(data.decode("ascii", "replace"), whole).encode()
        if not key:
            if not sealed:
                raise WorldError(WorldKind.REFUSED, f"{whole}: is not encrypted", secret=whole)
            return data.decode().removesuffix("\n")
        return self.value_in(data, file, key, whole)

    def value_in(self, data: bytes, file: str, key: str, whole: str) -> str:
        value: Any = {name: each.value for name, each in parse_variables(data, file, Notes()).items()}
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise missing(whole)
            value = value[part]
        try:
            return text_of(plain(value, whole))
        except Unrendered as error:
            raise WorldError(WorldKind.REFUSED, f"{whole}: cannot be told as text", secret=whole) from error

    def from_inventory(self, name: str, whole: str) -> str:
        """`INVENTORY#HOST/VARIABLE`: rendered with everything that it refers to."""
        inventory, _, place = name.rpartition("#")
        host, _, variable = place.partition("/")
        if inventory not in self.inventories:
            sources = ansible_sources(inventory, self.folder, run_inventory)
            if sources is None:
                raise missing(whole)
            self.inventories[inventory] = AnsibleInventory(sources, vault_passwords)
        read = self.inventories[inventory]
        try:
            if host not in read.fleet.hosts:
                raise missing(whole)
            return text_of(read.scope(lambda value: opened(value.text, whole)).value(host, variable))
        except KeyError as error:
            raise missing(whole) from error
        except Unrendered as error:
            raise WorldError(WorldKind.REFUSED, f"{whole}: cannot be rendered", secret=whole) from error


def plain(value: Any, whole: str) -> Any:
    match value:
        case Vaulted():
            return opened(value.text, whole)
        case dict():
            return {key: plain(each, whole) for key, each in value.items()}
        case list():
            return [plain(each, whole) for each in value]
    return value


def opened(text: str, whole: str) -> str:
    passwords = vault_passwords()
    if not passwords:
        why = f"{whole}: there is no password; LIFTLOCK_VAULT_PASSWORD_FILE names its file"
        raise WorldError(WorldKind.MISSING, why, why="vault-password", secret=whole)
    try:
        return decrypt(text, passwords).decode()
    except (BadVault, UnicodeDecodeError) as error:
        why = error.why if isinstance(error, BadVault) else "UTF-8"
        more = {"why": "vault-password"} if why == "password" else {}
        raise WorldError(WorldKind.REFUSED, f"{whole}: cannot be opened ({why})", **more, secret=whole) from error


def read_file(path: Path, whole: str) -> bytes:
    """An encrypted file may be read by others: it is encrypted."""
    try:
        with path.open("rb") as file:
            data = file.read(VAULT_MAX_BYTES + 1)
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{path}: {error.strerror}", secret=whole) from error
    if len(data) > VAULT_MAX_BYTES:
        raise WorldError(WorldKind.REFUSED, f"{path}: too long for a secret", secret=whole)
    return data


def from_command(command: str, folder: Path, whole: str) -> str:
    """The program's output without the last line end. The reference is shown, so it holds no secret itself."""
    told = run_outside(words_of(command), folder, limit_s=LIMIT_S, limit_bytes=LONGEST_BYTES)
    try:
        text = told.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise WorldError(WorldKind.REFUSED, f"{whole}: not UTF-8", secret=whole) from error
    if not text:
        raise missing(whole)
    return text


def from_keyring(name: str, whole: str) -> str:
    """`SERVICE/USER`; the service may have slashes."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise WorldError(WorldKind.MISSING, f"{whole}: install liftlock[keyring]", secret=whole) from error
    service, _, user = name.rpartition("/")
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        why = f"{whole}: the keyring does not open ({type(error).__name__})"
        raise WorldError(WorldKind.REFUSED, why, secret=whole) from error
    if value is None:
        raise missing(whole)
    return str(value)


def missing(whole: str) -> WorldError:
    return WorldError(WorldKind.MISSING, f"no such secret: {whole}", secret=whole)
