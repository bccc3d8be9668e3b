package vmm.cloud.jclouds.aws;

import vmm.cloud.jclouds.RawServer.Request;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A signature of version 4 as a request claims it, and as it must be: written from AWS's
 * description alone.
 *
 * @param time of {@code X-Amz-Date}
 */
record Signature(
        String accessKeyId,
        String date,
        String region,
        String service,
        List<String> headers,
        String signature,
        String time) {

    private static final Pattern CLAIM =
            Pattern.compile(
                    "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request,"
                            + " ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})");

    static Optional<Signature> of(Request request) {
        var claim = CLAIM.matcher(request.headers().getOrDefault("authorization", ""));
        if (!claim.matches()) return Optional.empty();
        return Optional.of(
                new Signature(
                        claim.group(1),
                        claim.group(2),
                        claim.group(3),
                        claim.group(4),
                        List.of(claim.group(5).split(";")),
                        claim.group(6),
                        request.headers().getOrDefault("x-amz-date", "")));
    }

    /** Whether it was made with this secret, of this very request. */
    boolean isMadeWith(String secret, Request request) {
        if (!time.startsWith(date) || !signsWhatItMust(request.headers())) return false;
        var scope = String.join("/", date, region, service, "aws4_request");
        var toSign = String.join("\n", "AWS4-HMAC-SHA256", time, scope, sha256(canonical(request)));
        byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (var part : List.of(date, region, service, "aws4_request")) key = hmac(key, part);
        return HexFormat.of().formatHex(hmac(key, toSign)).equals(signature);
    }

    private boolean signsWhatItMust(Map<String, String> sent) {
        return headers.contains("host")
                && sent.keySet().stream()
                        .filter(name -> name.startsWith("x-amz-"))
                        .allMatch(headers::contains);
    }

    private String canonical(Request request) {
        var lines =
                headers.stream()
                        .map(name -> name + ":" + trimmed(request.headers().get(name)) + "\n")
                        .collect(Collectors.joining());
        var query = request.uri().getRawQuery() == null ? "" : request.uri().getRawQuery();
        return String.join(
                "\n",
                request.method(),
                request.uri().getRawPath(),
                Arrays.stream(query.split("&")).sorted().collect(Collectors.joining("&")),
                lines,
                String.join(";", headers),
                sha256(request.body()));
    }

    private static String trimmed(String value) {
        return value == null ? "" : value.strip().replaceAll(" +", " ");
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
