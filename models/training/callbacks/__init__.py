"""What happens around epochs, one concern a file. They share a Life; none raises out of on_epoch_end."""
