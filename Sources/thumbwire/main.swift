print("thumbwire")
