package io.neurovisor.testkit;

import io.neurovisor.engine.file.GuestFiles;

final class FakeFilesTest extends GuestFilesContract {
    private final FakeFiles files = new FakeFiles();

    @Override
    protected GuestFiles files() {
        return files;
    }

    @Override
    protected String forbidden() {
        return FakeFiles.FORBIDDEN;
    }

    @Override
    protected long tooMuch() {
        return 2 * FakeFiles.ROOM;
    }
}
