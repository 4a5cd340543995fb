from slava.micrographs import Acquisition


def test_describe() -> None:
    taken = Acquisition(
        kv=15, magnification=1000, working_distance_mm=9.1, detector="BSE", pixel_size_nm=124.02
    )
    said = "15 kV, 1000x, working distance 9.1 mm, BSE detector, field width 127 µm"
    assert taken.with_frame(1024).describe() == said
    assert Acquisition().describe() == ""
    assert Acquisition(field_width_um=0.5).describe() == "field width 500 nm"
    assert (
        Acquisition(field_width_um=2500, magnification=1_250_000).describe() == "1250000x, field width 2.5 mm"
    )


def test_gaps_are_filled() -> None:
    first = Acquisition(kv=5, source="zeiss")
    assert first.filled_from(Acquisition(kv=9, detector="SE", source="sidecar")) == Acquisition(
        kv=5, detector="SE", source="zeiss+sidecar"
    )
    assert first.filled_from(Acquisition(kv=9, source="sidecar")) == first
    assert first.filled_from(Acquisition()) == first


def test_pixel_size_and_field_width_give_each_other() -> None:
    assert Acquisition(field_width_um=10.24).with_frame(1024).pixel_size_nm == 10
    assert Acquisition().with_frame(1024) == Acquisition()
