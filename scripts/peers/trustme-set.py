# trustme as a program: peers.mjs runs it. usage: trustme-set.py <folder> <clients> [expired|child]
import datetime
import sys

import trustme

folder, clients, *more = sys.argv[1:]
ca = trustme.CA()
ca.cert_pem.write_to_path(f"{folder}/ca.pem")
ca.private_key_pem.write_to_path(f"{folder}/ca.key")
signer = ca.create_child_ca() if more == ["child"] else ca
past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)


def issue(name, *identities, **options):
    leaf = signer.issue_cert(*identities, **options)
    leaf.private_key_pem.write_to_path(f"{folder}/{name}.key")
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(f"{folder}/{name}.pem", append=True)


issue("server", "localhost", "127.0.0.1", "::1", **({"not_after": past} if more == ["expired"] else {}))
for number in range(int(clients)):
    issue(f"client-{number}", f"client-{number}@example.test")
