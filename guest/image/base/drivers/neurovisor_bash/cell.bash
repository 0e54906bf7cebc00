eval "$neurovisor_set_flags$neurovisor_code"
