declare module 'pg-lowest'
