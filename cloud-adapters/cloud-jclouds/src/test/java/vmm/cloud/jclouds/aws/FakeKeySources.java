package vmm.cloud.jclouds.aws;

import vmm.cloud.jclouds.RawServer;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/**
 * An instance's metadata (IMDSv2) and STS, as far as they give keys, which EC2 then knows. Each
 * time they are asked they give others.
 */
public final class FakeKeySources implements AutoCloseable {

    public static final String ROLE = "vmm-service";
    public static final String ROLE_ARN = "arn:aws:iam::123456789012:role/vmm";
    public static final String WEB_TOKEN = "eyJhbGciOi.t0ken-of-the-cluster.c2ln";
    private static final String METADATA_TOKEN = "t0ken-of-the-metadata==";

    private final FakeEc2 ec2;
    private final RawServer http;
    private Function<Request, Reply> before = request -> null;
    private Duration life = Duration.ofHours(6);
    private int given;

    public FakeKeySources(FakeEc2 ec2) {
        this.ec2 = ec2;
        this.http = new RawServer(this::serve);
    }

    public String url() {
        return http.url();
    }

    public List<Request> requests() {
        return http.requests();
    }

    public synchronized void intercept(Function<Request, Reply> instead) {
        before = instead;
    }

    public synchronized void setLife(Duration time) {
        life = time;
    }

    /** How many keys it gave. */
    public synchronized int given() {
        return given;
    }

    /** The secrets of the keys that were given as the nth. */
    public static List<String> secrets(int n) {
        return List.of("s3cret/of+the-role-" + n, "t0ken/of+the-session==" + n);
    }

    public static String accessKey(int n) {
        return "ASIAROLE" + n;
    }

    @Override
    public void close() {
        http.close();
    }

    private synchronized Reply serve(Request request) {
        var instead = before.apply(request);
        if (instead != null) return instead;
        if (request.method().equals("POST")) return sts(request);
        if (request.method().equals("PUT") && request.path().equals("/latest/api/token")) {
            var ttl = request.headers().getOrDefault("x-aws-ec2-metadata-token-ttl-seconds", "");
            return ttl.matches("\\d+") ? new Answer(200, METADATA_TOKEN) : new Answer(400, "");
        }
        if (!METADATA_TOKEN.equals(request.headers().get("x-aws-ec2-metadata-token"))) {
            return new Answer(401, "");
        }
        var base = "/latest/meta-data/iam/security-credentials/";
        if (request.path().equals(base)) return new Answer(200, ROLE);
        if (!request.path().equals(base + ROLE)) return new Answer(404, "");
        var end = give();
        return new Answer(
                200,
                """
                {"Code": "Success", "LastUpdated": "%s", "Type": "AWS-HMAC", "AccessKeyId": "%s",
                 "SecretAccessKey": "%s", "Token": "%s", "Expiration": "%s"}
                """
                        .formatted(
                                ec2.clock.instant(),
                                accessKey(given),
                                secrets(given).getFirst(),
                                secrets(given).getLast(),
                                end));
    }

    private Reply sts(Request request) {
        var asked = FakeEc2.parameters(request.body());
        boolean known =
                "AssumeRoleWithWebIdentity".equals(asked.get("Action"))
                        && "2011-06-15".equals(asked.get("Version"))
                        && ROLE_ARN.equals(asked.get("RoleArn"))
                        && asked.getOrDefault("RoleSessionName", "").matches("[\\w+=,.@-]{2,64}")
                        && !request.headers().containsKey("authorization");
        if (!known) return fault(400, "ValidationError", "wrong request");
        if (!WEB_TOKEN.equals(asked.get("WebIdentityToken"))) {
            return fault(
                    400,
                    "InvalidIdentityToken",
                    "Couldn't verify " + asked.get("WebIdentityToken"));
        }
        var end = give();
        return new Answer(
                200,
                """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
                <SubjectFromWebIdentityToken>system:serviceaccount:vmm</SubjectFromWebIdentityToken><Audience>sts.amazonaws.com</Audience>
                <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/vmm/vmm</Arn><AssumedRoleId>AROA:vmm</AssumedRoleId></AssumedRoleUser>
                <Credentials><SessionToken>%s</SessionToken><SecretAccessKey>%s</SecretAccessKey><Expiration>%s</Expiration>
                <AccessKeyId>%s</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>
                <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>
                """
                        .formatted(
                                secrets(given).getLast(),
                                secrets(given).getFirst(),
                                end,
                                accessKey(given)));
    }

    private Instant give() {
        given++;
        var end = ec2.clock.instant().plus(life);
        ec2.addKeys(accessKey(given), secrets(given).getFirst(), secrets(given).getLast(), end);
        return end;
    }

    /** An error as STS writes it. */
    public static Answer fault(int status, String code, String message) {
        return new Answer(
                status,
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>"
                        .formatted(code, message));
    }
}
