package io.neurovisor.host.guestlink;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.GuestFilesContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;

final class GrpcGuestFilesTest extends GuestFilesContract {
    private final ServedGuest guest;

    GrpcGuestFilesTest() throws IOException {
        guest = new ServedGuest(new FileAgent());
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @Override
    protected GuestFiles files() {
        return new GrpcGuestFiles(guest.connection());
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
