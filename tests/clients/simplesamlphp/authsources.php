<?php
// Whoever logs in is one person; the name says what class the identity provider will claim.

$person = [
    'givenName' => ['Ada'],
    'sn' => ['Lovelace'],
    'mail' => ['ada@example.org'],
    'urn:example:codiceFiscale' => ['LVLDAA85T50G702B'],
];
$config = [
    'people' => [
        'exampleauth:UserPass',
        'password:secret' => $person + ['class' => ['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport']],
        'mfa:secret' => $person + ['class' => ['https://refeds.org/profile/mfa']],
        'card:secret' => $person + ['class' => ['urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI']],
        'unknown:secret' => $person + ['class' => ['urn:example:never-heard-of']],
    ],
];
