"""What the objects of a failing program are: the function a call runs, the value torch refused, the data set at work."""
