package vmm.process;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One kept connection that sends the same request again and again, and looks at the status alone: a
 * client that takes as little of the machine as it can from what it measures.
 */
final class Wire implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final byte[] request;

    Wire(int port, String request) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 4096);
        this.request = request.getBytes(StandardCharsets.US_ASCII);
    }

    /** Sends the request and reads the whole answer; its status. */
    int send() throws IOException {
        socket.getOutputStream().write(request);
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        int length = -1;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String[] field = header.toLowerCase(Locale.ROOT).split(": ?", 2);
            if (field[0].equals("content-length")) length = Integer.parseInt(field[1]);
        }
        if (length >= 0) {
            in.skipNBytes(length);
        } else {
            int chunk;
            do {
                chunk = Integer.parseInt(line(), 16);
                in.skipNBytes(chunk + 2);
            } while (chunk > 0);
        }
        return status;
    }

    private String line() throws IOException {
        var line = new StringBuilder(80);
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) throw new EOFException("the service closed the connection");
            if (c != '\r') line.append((char) c);
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
