"""The model: configuration, network, assembly from pretrained parts."""
