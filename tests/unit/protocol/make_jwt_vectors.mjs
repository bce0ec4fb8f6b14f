// Makes jwt_vectors.def with the package jose, which reads RFC 7515 and 7519 independently of us:
//
//	npm install --no-save jose@5 && node make_jwt_vectors.mjs > jwt_vectors.def
//
// The tokens are checked at the time 1800000000 for the issuer and the audience below.
import { CompactSign, SignJWT, UnsecuredJWT, generateKeyPair } from "jose";

const encode = (text) => new TextEncoder().encode(text);
const first = encode("0123456789abcdef0123456789abcdef");
const second = encode("fedcba9876543210fedcba9876543210");
const header = { alg: "HS256", typ: "JWT" };
const claims = { sub: "anna", iss: "https://issuer.example", aud: "allim", exp: 1800000060 };

function sign(changes, headerChanges = {}, key = first) {
	const payload = { ...claims, ...changes };
	const token = new SignJWT(payload).setProtectedHeader({ ...header, ...headerChanges });
	return token.sign(key);
}

const { privateKey } = await generateKeyPair("RS256");
const good = await sign({});
const [head, body, signature] = good.split(".");
const critical = new CompactSign(encode(JSON.stringify(claims)))
	.setProtectedHeader({ ...header, crit: ["b64"], b64: true })
	.sign(first);

const rows = [
	["plain", "0", "anna", good],
	["no_type", "0", "anna", await sign({}, { typ: undefined })],
	["type_in_lower_case", "0", "anna", await sign({}, { typ: "jwt" })],
	["key_with_id", "0", "anna", await sign({}, { kid: "k2" }, second)],
	["audience_list", "0", "anna", await sign({ aud: ["other", "allim"] })],
	["all_times", "0", "anna", await sign({ nbf: 1799999999, iat: 1799999990, jti: "j-1" })],
	["expired_within_leeway", "0", "anna", await sign({ exp: 1799999996 })],
	["not_yet_within_leeway", "0", "anna", await sign({ nbf: 1800000005 })],
	["fraction", "0", "anna", await sign({ exp: 1800000060.5 })],
	["korean", "0", "안나", await sign({ sub: "안나" })],
	["longest_subject", "0", "x".repeat(255), await sign({ sub: "x".repeat(255) })],
	["other_claims", "0", "anna", await sign({ scope: { deep: [1, null, "x"] } })],
	["expired", "-EACCES", "", await sign({ exp: 1799999995 })],
	["not_yet", "-EACCES", "", await sign({ nbf: 1800000006 })],
	["no_expiry", "-EACCES", "", await sign({ exp: undefined })],
	["expiry_text", "-EACCES", "", await sign({ exp: "1800000060" }).catch(() => good + "x")],
	["no_subject", "-EACCES", "", await sign({ sub: undefined })],
	["empty_subject", "-EACCES", "", await sign({ sub: "" })],
	["subject_with_newline", "-EACCES", "", await sign({ sub: "an\nna" })],
	["subject_with_c1", "-EACCES", "", await sign({ sub: "an\u0085na" })],
	["long_subject", "-EACCES", "", await sign({ sub: "x".repeat(256) })],
	["other_issuer", "-EACCES", "", await sign({ iss: "https://issuer.example/" })],
	["no_issuer", "-EACCES", "", await sign({ iss: undefined })],
	["other_audience", "-EACCES", "", await sign({ aud: "allimx" })],
	["other_audiences", "-EACCES", "", await sign({ aud: ["a", "b"] })],
	["no_audience", "-EACCES", "", await sign({ aud: undefined })],
	["other_type", "-EACCES", "", await sign({}, { typ: "at+jwt" })],
	["unknown_key_id", "-EACCES", "", await sign({}, { kid: "k3" }, second)],
	["key_id_of_another_key", "-EACCES", "", await sign({}, { kid: "k2" }, first)],
	["key_without_its_id", "-EACCES", "", await sign({}, {}, second)],
	["critical", "-EACCES", "", await critical],
	["hs384", "-EACCES", "", await sign({}, { alg: "HS384" })],
	["hs512", "-EACCES", "", await sign({}, { alg: "HS512" })],
	["rs256", "-EACCES", "", await sign({}, { alg: "RS256" }, privateKey)],
	["unsecured", "-EACCES", "", new UnsecuredJWT(claims).encode()],
	["signature_missing", "-EACCES", "", `${head}.${body}.`],
	["signature_short", "-EACCES", "", good.slice(0, -1)],
	["signature_padded", "-EACCES", "", `${good}=`],
	["signature_of_another", "-EACCES", "", `${head}.${body}.${(await sign({ sub: "x" })).split(".")[2]}`],
	["payload_of_another", "-EACCES", "", `${head}.${(await sign({ sub: "x" })).split(".")[1]}.${signature}`],
	["four_parts", "-EACCES", "", `${good}.x`],
	["two_parts", "-EACCES", "", `${head}.${body}`],
];

console.log("/* Made by make_jwt_vectors.mjs with jose: JWT_VECTOR(name, result, subject, token). */");
for (const [name, result, subject, token] of rows)
	console.log(`JWT_VECTOR(${name}, ${result}, "${subject}",\n\t   "${token}")`);
