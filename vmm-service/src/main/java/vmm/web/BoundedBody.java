package vmm.web;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** A request whose body ends in a problem when it is larger than any of ours needs to be. */
final class BoundedBody extends HttpServletRequestWrapper {

    static final long MOST = 1L << 20;

    private @Nullable ServletInputStream counted;
    private @Nullable BufferedReader reader;

    BoundedBody(HttpServletRequest request) {
        super(request);
    }

    static Problem tooLarge() {
        return Problems.ofStatus(413);
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        ServletInputStream stream = counted;
        if (stream == null) {
            stream = new Counted(super.getInputStream());
            counted = stream;
        }
        return stream;
    }

    @Override
    public BufferedReader getReader() throws IOException {
        BufferedReader opened = reader;
        if (opened == null) {
            String encoding = getCharacterEncoding();
            opened =
                    new BufferedReader(
                            new InputStreamReader(
                                    getInputStream(),
                                    encoding == null
                                            ? StandardCharsets.UTF_8
                                            : Charset.forName(encoding)));
            reader = opened;
        }
        return opened;
    }

    private static final class Counted extends ServletInputStream {

        private final ServletInputStream in;
        private long seen;

        Counted(ServletInputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int next = in.read();
            count(next < 0 ? 0 : 1);
            return next;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            count(Math.max(read, 0));
            return read;
        }

        private void count(int bytes) {
            seen += bytes;
            if (seen > MOST) {
                throw tooLarge();
            }
        }

        @Override
        public boolean isFinished() {
            return in.isFinished();
        }

        @Override
        public boolean isReady() {
            return in.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            in.setReadListener(listener);
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
