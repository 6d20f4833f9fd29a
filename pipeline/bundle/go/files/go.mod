module scorer

go 1.19
