"""The uploads folder."""

from pathlib import Path

import pytest

from cms_core import Settings
from cms_media.folder import UploadsNotWritable, prepare_folder, uploads_folder, write_fault


def test_uploads_are_kept_in_the_data_folder_by_default(tmp_path: Path) -> None:
    assert uploads_folder(Settings(data=tmp_path)) == tmp_path / "uploads"


def test_a_file_url_names_another_folder(tmp_path: Path) -> None:
    assert uploads_folder(Settings(media_storage_url=f"file:{tmp_path}")) == tmp_path


def test_s3_needs_no_folder() -> None:
    assert uploads_folder(Settings(media_storage_url="s3://bucket")) is None


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b")

    assert write_fault(tmp_path / "a" / "b") is None


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UploadsNotWritable, match=r"Not a directory.*chown -R"):
        prepare_folder(tmp_path / "file" / "uploads")


def test_a_folder_that_went_away_is_a_fault(tmp_path: Path) -> None:
    assert "No such file" in (write_fault(tmp_path / "gone") or "")


def test_what_anybody_may_read_of_a_fault_holds_no_path(tmp_path: Path) -> None:
    assert str(tmp_path) not in (write_fault(tmp_path / "gone") or "")
