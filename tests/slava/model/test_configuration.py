from transformers import AutoConfig

from slava.model import configuration
from slava.model.configuration import SlavaConfig, vision_side


def test_defaults_are_llava_15():
    config = SlavaConfig()
    assert (config.merge_size, config.vision_feature_layer, config.label_temperature) == (1, -2, 1.0)
    assert vision_side(config.vision_config) == 24
    assert config.image_tokens == 576


def test_saved_and_read_again(tmp_path):
    configuration.register()
    SlavaConfig(merge_size=4, label_temperature=1.5).save_pretrained(tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    assert isinstance(config, SlavaConfig)
    assert (config.merge_size, config.label_temperature, config.image_tokens) == (4, 1.5, 36)
