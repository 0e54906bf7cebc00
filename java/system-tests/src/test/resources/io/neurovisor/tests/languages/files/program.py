from pathlib import Path
text = Path("in/data.txt").read_text()
Path("out/deep").mkdir(parents=True)
Path("out/deep/result.txt").write_text(text.upper())
print(sorted(path.name for path in Path(".").iterdir() if path.is_dir()))
