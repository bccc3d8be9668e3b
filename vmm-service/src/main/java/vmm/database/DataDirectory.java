package vmm.database;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * The directory that holds all a VMM with an embedded database must not lose, held by one process
 * at a time.
 *
 * <p>In it: {@code postgresql/} the cluster, {@code postgresql.password} for whoever may read it
 * (0600), {@code postgresql.port} it was last reached at, {@code postgresql.log} of the last start,
 * {@code vmm.lock}.
 */
final class DataDirectory implements AutoCloseable {

    private static final long MEGABYTE = 1L << 20;
    private static final long NEEDED_TO_CREATE = 512 * MEGABYTE;
    private static final long NEEDED_TO_OPEN = 64 * MEGABYTE;

    private final Path path;
    private final FileChannel lock;

    private DataDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Creates it if need be, and holds it until closed. */
    static DataDirectory hold(Path path) throws IOException {
        Path absolute = path.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            try {
                Files.createDirectories(
                        absolute,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            } catch (IOException e) {
                throw new StartRefused(
                        "data directory " + absolute + " cannot be created: " + reason(e));
            }
        }
        FileChannel channel;
        try {
            channel =
                    FileChannel.open(
                            absolute.resolve("vmm.lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new StartRefused("data directory " + absolute + " is not writable: " + reason(e));
        }
        if (lock(channel) == null) {
            String holder = read(channel);
            channel.close();
            throw new StartRefused(
                    "data directory "
                            + absolute
                            + " is in use by another VMM"
                            + (holder.isEmpty() ? "" : " (process " + holder + ")"));
        }
        write(channel, Long.toString(ProcessHandle.current().pid()));
        return new DataDirectory(absolute, channel);
    }

    Path path() {
        return path;
    }

    Path cluster() {
        return path.resolve("postgresql");
    }

    Path log() {
        return path.resolve("postgresql.log");
    }

    boolean hasCluster() {
        return Files.exists(cluster().resolve("PG_VERSION"));
    }

    /**
     * The password of the cluster; made before the cluster is, so that no cluster is without one.
     */
    String password() throws IOException {
        Path file = path.resolve("postgresql.password");
        if (Files.exists(file)) {
            return Files.readString(file).strip();
        }
        if (hasCluster()) {
            throw new StartRefused("the password of the database is missing: restore " + file);
        }
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, password + "\n", StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        return password;
    }

    /** Where the server listened last, so that scripts find it there after a restart. */
    Optional<Integer> port() throws IOException {
        Path file = portFile();
        return Files.exists(file)
                ? Optional.of(Files.readString(file).strip())
                        .filter(text -> text.matches("[0-9]{4,5}"))
                        .map(Integer::valueOf)
                        .filter(port -> port < 1 << 16)
                : Optional.empty();
    }

    void remember(int port) throws IOException {
        Files.writeString(portFile(), port + "\n");
    }

    private Path portFile() {
        return path.resolve("postgresql.port");
    }

    void requireSpace() throws IOException {
        requireSpace(
                Files.getFileStore(path).getUsableSpace(),
                hasCluster() ? NEEDED_TO_OPEN : NEEDED_TO_CREATE);
    }

    void requireSpace(long usable, long needed) {
        if (usable < needed) {
            throw new StartRefused(
                    "not enough disk in "
                            + path
                            + ": "
                            + usable / MEGABYTE
                            + " MB free, "
                            + needed / MEGABYTE
                            + " MB needed");
        }
    }

    /** The file itself stays: deleting it would let two processes lock two files of one name. */
    @Override
    public void close() throws IOException {
        lock.close();
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(32);
        channel.read(buffer, 0);
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8).strip();
    }

    private static void write(FileChannel channel, String text) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + " " + e.getMessage();
    }
}
