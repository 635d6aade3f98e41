"""Where an MLflow store is, told from its URI: what is allowed, its file, its pages. Loads no MLflow."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

DEFAULT_URI = "sqlite:///mlflow.db"
_DATABASES = ("postgresql", "mysql", "mssql")
_PAGES = "http://127.0.0.1:5000"


def why_not(uri: str) -> str | None:
    """Why `uri` cannot be an MLflow store, as a sentence, or None when it can."""
    scheme = uri.partition(":")[0].partition("+")[0] if ":" in uri else ""
    if scheme == "sqlite" and uri.startswith("sqlite:///") and len(uri) > len("sqlite:///"):
        return None
    if scheme in ("http", "https") and urlsplit(uri).hostname:
        return None
    if scheme in _DATABASES and "://" in uri:
        return None
    return (
        f"`{uri}` is no MLflow store; write `{DEFAULT_URI}` for a file in the working directory, "
        "`http://host:port` for a server, a `postgresql://` URL, or `none`"
    )


@dataclass(frozen=True, slots=True)
class Address:
    """An MLflow store: `uri` without any relative part, `file` if it is SQLite, `pages` where its UI is."""

    uri: str
    file: Path | None
    pages: str
    command: str | None
    """What a person types to see it, None for a server that runs already."""

    def __str__(self) -> str:
        """Fit for print: a password is left out."""
        return str(self.file) if self.file is not None else _without_user(self.uri)


def address(uri: str, *, working_directory: Path) -> Address:
    """The store that `uri` means in `working_directory`. Raises ValueError with `why_not`'s sentence."""
    problem = why_not(uri)
    if problem is not None:
        raise ValueError(problem)
    if uri.startswith("http"):
        return Address(uri, None, _without_user(uri).rstrip("/"), None)
    if not uri.startswith("sqlite"):
        return Address(uri, None, _PAGES, f"mlflow ui --backend-store-uri {_without_user(uri)}")
    named = uri.partition(":///")[2]
    file = working_directory / named
    # MLflow decodes `%2F` in a full path, so below a folder of such a name only a relative one is right
    full = uri if "%" in str(working_directory) and not Path(named).is_absolute() else f"sqlite:///{file}"
    standard = file == working_directory / "mlflow.db"
    return Address(full, file, _PAGES, "mlflow ui" if standard else f"mlflow ui --backend-store-uri {full}")


def _without_user(uri: str) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
