import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes this process differ from other clones of its virtual machine: renews the generators that the libraries share. One that a cell
 * has made repeats.
 */
final class Refresh {
    private long done;

    /** A signal takes effect in the middle of a cell. */
    synchronized void bySignal() {
        done++;
        renew();
    }

    /** For a driver that has missed signals: renews unless they have done so as often as the agent has asked for it. */
    synchronized void byRequest(long count) {
        if (done < count) {
            done = count;
            renew();
        }
    }

    private static void renew() {
        try (DataInputStream random = new DataInputStream(new FileInputStream("/dev/urandom"))) {
            ((AtomicLong) field(Random.class, "seedUniquifier").get(null)).set(random.readLong() | 1);
            ((AtomicLong) field(ThreadLocalRandom.class, "seeder").get(null)).set(random.readLong());
            // Each thread then takes its seed from there again.
            Field probe = field(Thread.class, "threadLocalRandomProbe");
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                probe.setInt(thread, 0);
            }
            // Of Math.random().
            Class<?> holder = Class.forName("java.lang.Math$RandomNumberGeneratorHolder");
            ((Random) field(holder, "randomNumberGenerator").get(null)).setSeed(random.readLong());
            // Of Collections.shuffle().
            if (field(Collections.class, "r").get(null) instanceof Random shuffle) {
                shuffle.setSeed(random.readLong());
            }
        } catch (IOException | ReflectiveOperationException failure) {
            throw new IllegalStateException("this Java has other generators", failure);
        }
    }

    private static Field field(Class<?> owner, String name) throws NoSuchFieldException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
