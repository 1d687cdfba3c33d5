"""What is released holds everything: each source archive, and the wheel built from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_built_from_the_source_archive_holds_every_file(
    package: str, tmp_path: Path
) -> None:
    source = ROOT / "packages" / package
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    written = {str(p.relative_to(source / "src")) for p in source.glob("src/**/*") if p.is_file()}
    assert held == {name for name in written if "__pycache__" not in name}
